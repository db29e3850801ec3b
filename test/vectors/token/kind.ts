import { rewritten } from './jsonText.ts'
import type { TokenCase } from './tokenCase.ts'

const setting = 'entra' as const
const refusedClient = { code: 'token-client-refused' } as const
const missingScope = { code: 'token-scope-missing' } as const
const refusedType = (detail: RegExp) => ({ code: 'token-type-refused', detail }) as const
const invalid = (claim: string, detail = 'is') =>
  ({ code: 'token-claim-invalid', detail: new RegExp(`"${claim}" ${detail}`) }) as const

/** Tokens that are no access token of a user, for a client and a scope of the tenant. */
export const kind: readonly TokenCase[] = [
  {
    name: 'azp: a client the tenant does not list',
    setting,
    claims: { azp: 'c2a1b0d9-0000-4000-8000-00000000aa02' },
    ...refusedClient,
  },
  {
    name: 'azp: the Azure CLI',
    setting,
    claims: { azp: '04b07795-8ddb-461a-bbee-02f9e1bf7b46' },
    code: 'token-client-refused',
    detail: /It was got with the Azure CLI/,
  },
  {
    name: 'an ID token of a generic issuer',
    header: { typ: 'JWT' },
    claims: { nonce: 'n', client_id: undefined },
    ...refusedType(/It is an ID token/),
  },
  { name: 'azp: left out', setting, claims: { azp: undefined }, ...invalid('azp') },
  {
    name: 'azp: left out, and in appid as v1.0 tokens have it',
    setting,
    claimsText: (json) => json.replace('"azp"', '"appid"'),
    ...invalid('azp'),
  },
  { name: 'azp: an array', setting, claimsText: rewritten('azp', (azp) => [azp]), ...invalid('azp') },
  {
    name: 'client_id: a client the tenant does not list',
    claims: { client_id: 'browser' },
    ...refusedClient,
  },
  { name: 'client_id: ours in another case', claims: { client_id: 'VPN-client' }, ...refusedClient },
  { name: 'client_id: left out', claims: { client_id: undefined }, ...invalid('client_id') },
  {
    name: 'client_id: left out, and in azp',
    claims: { client_id: undefined, azp: 'vpn-client' },
    ...invalid('client_id'),
  },
  { name: 'client_id: an array', claims: { client_id: ['vpn-client'] }, ...invalid('client_id') },
  { name: 'scp: another', setting, claims: { scp: 'User.Read' }, ...missingScope },
  {
    name: 'scp: ours as a part of another',
    setting,
    claims: { scp: 'Certificates.EnrollX' },
    ...missingScope,
  },
  {
    name: 'scp: ours at the end of another',
    setting,
    claims: { scp: 'api/Certificates.Enroll' },
    ...missingScope,
  },
  { name: 'scp: ours in lower case', setting, claims: { scp: 'certificates.enroll' }, ...missingScope },
  {
    name: 'scp: ours after a comma',
    setting,
    claims: { scp: 'User.Read,Certificates.Enroll' },
    ...missingScope,
  },
  { name: 'scp: a space', setting, claims: { scp: ' ' }, ...missingScope },
  {
    name: 'scp: ours after a tab',
    setting,
    claims: { scp: 'User.Read\tCertificates.Enroll' },
    ...invalid('scp'),
  },
  { name: 'scp: empty', setting, claims: { scp: '' }, ...refusedType(/no "scp"/) },
  { name: 'scp: an array', setting, claims: { scp: ['Certificates.Enroll'] }, ...invalid('scp') },
  { name: 'scp: left out', setting, claims: { scp: undefined }, ...refusedType(/no "scp"/) },
  {
    name: 'roles instead of scp',
    setting,
    claims: { scp: undefined, roles: ['Certificates.Enroll'] },
    ...refusedType(/no "scp".* It is an app-only token/),
  },
  { name: 'ver: 1.0', setting, claims: { ver: '1.0' }, ...refusedType(/"ver"/) },
  { name: 'ver: left out', setting, claims: { ver: undefined }, ...refusedType(/"ver"/) },
  { name: 'ver: 2', setting, claims: { ver: '2' }, ...refusedType(/"ver"/) },
  { name: 'ver: a number', setting, claims: { ver: 2 }, ...invalid('ver') },
  {
    name: 'an ID token of Entra',
    setting,
    claims: { scp: undefined, azp: undefined, xms_cc: undefined, nonce: 'n', name: 'Alice' },
    ...refusedType(/It is an ID token: send the access token\.$/),
  },
  {
    name: 'an app-only token of Entra',
    setting,
    claims: { scp: undefined, idtyp: 'app', roles: ['Certificates.Enroll'] },
    ...refusedType(/not a user's\. It is an app-only token/),
  },
  { name: 'idtyp: app, with a scope', setting, claims: { idtyp: 'app' }, ...refusedType(/not a user's/) },
  { name: 'idtyp: App', setting, claims: { idtyp: 'App' }, ...refusedType(/not a user's/) },
  { name: 'idtyp: device', setting, claims: { idtyp: 'device' }, ...refusedType(/not a user's/) },
  { name: 'idtyp: an array', setting, claims: { idtyp: ['app'] }, ...invalid('idtyp') },
]
