/** Members of a document. */
export type Members = Readonly<Record<string, unknown>>

/** Keys of DPC's tunnels. */
export const tunnelKeys = { user: 'UserTunnel', backup: 'UserBackupTunnel', device: 'MachineTunnel' } as const
