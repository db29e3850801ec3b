import type { DropList } from '../../../lib/drops/dropList.ts'
import type { RelyingParty } from '../../../client/reportAdoption.ts'

const at = '2026-03-02T10:00:00Z'

/** A drop list as the service sends it. */
export const dropsDocument = (changes: Readonly<Record<string, unknown>> = {}) => ({
  tenant: 'contoso',
  sequence: 7,
  hintSeconds: 15,
  drops: [
    {
      kind: 'device',
      value: '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11',
      at,
      until: '2026-03-02T18:00:00Z',
      users: [
        { upn: 'ada@contoso.example', objectId: '6f1f2f0a-1c3b-4c55-9d3e-0a2b3c4d5e6f' },
        { upn: 'guest@contoso.example', objectId: null },
      ],
    },
    { kind: 'user', value: 'eve@contoso.example', at, until: null, users: [] },
  ],
  ...changes,
})

/** The same as this program reads it. */
export const dropList = {
  tenant: 'contoso',
  sequence: 7,
  hintSeconds: 15,
  drops: [
    {
      kind: 'device',
      value: '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11',
      at: new Date(at),
      until: new Date('2026-03-02T18:00:00Z'),
      users: [
        { upn: 'ada@contoso.example', objectId: '6f1f2f0a-1c3b-4c55-9d3e-0a2b3c4d5e6f' },
        { upn: 'guest@contoso.example', objectId: undefined },
      ],
    },
    { kind: 'user', value: 'eve@contoso.example', at: new Date(at), until: undefined, users: [] },
  ],
} as const satisfies DropList

/** A relying party of a service at a URL. */
export const partyAt = (url: string): RelyingParty => ({ url, name: 'vpn-1', secret: 'a-secret' })
