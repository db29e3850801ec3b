/** Maps where a directory signs in to where its Graph is; other origins have none that is known here. */
export const graphOrigins: Readonly<Record<string, string>> = {
  'https://login.microsoftonline.com': 'https://graph.microsoft.com',
  'https://login.microsoftonline.us': 'https://graph.microsoft.us',
  'https://login.partner.microsoftonline.cn': 'https://microsoftgraph.chinacloudapi.cn',
}

/** Names the Graph of the cloud in which a storage account has this table endpoint. */
export const graphOriginBeside = (tablesEndpoint: string): string => {
  const { hostname } = new URL(tablesEndpoint)
  if (hostname.endsWith('.usgovcloudapi.net')) return 'https://graph.microsoft.us'
  return hostname.endsWith('.chinacloudapi.cn')
    ? 'https://microsoftgraph.chinacloudapi.cn'
    : 'https://graph.microsoft.com'
}
