/** The folders that a client reads profiles from, and its authorities for servers last where they have a folder of their own. */
export const clientFolders = {
  openvpn: ['/etc/openvpn/client'],
  /** Its AppArmor profile lets swanctl read nowhere else. */
  strongswan: ['/etc/swanctl/conf.d', '/etc/swanctl/x509ca'],
  networkmanager: ['/etc/NetworkManager/system-connections', '/etc/mayfly/networkmanager'],
} as const
