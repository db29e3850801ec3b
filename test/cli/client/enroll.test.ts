import { createHash, createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { withRenewLock } from '../../../client/agent/withRenewLock.ts'
import type { Deployment } from '../../../lib/deployment/deployment.ts'
import { certificateDigest } from '../../../lib/x509/certificate.ts'
import { parsePemCertificates } from '../../../lib/x509/pemBlock.ts'
import { createBundleWorld } from '../../client/bundleWorld.ts'
import { localServerIdentity } from '../../../local/serverIdentity.ts'
import { answering, listen, problemReply, type Received, type Reply, serve } from '../../client/serve.ts'
import { requestedKey, spkiOf, testAuthority } from '../../client/testAuthority.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'

const authority = testAuthority()
const token = 'a.b.c'

const honest = ({ body }: Received): Reply => ({ status: 201, body: authority.reply(body) })

const nowhere = (): Promise<Deployment> => Promise.reject(new Error('Nobody asked for the deployment.'))

/** A folder with a token file, a service, and `enroll` of the tenant contoso into the folder `ada`. */
const bench = async (answer: (received: Received) => Reply = honest) => {
  const folder = await temporaryFolder()
  const tokenFile = join(folder, 'ada.jwt')
  await writeFile(tokenFile, `${token}\n`)
  const service = await serve(answer)
  const out = join(folder, 'ada')
  const common = ['enroll', '--tenant', 'contoso', '--out', out]
  return {
    folder,
    tokenFile,
    service,
    out,
    common,
    deployment: testDeployment(folder, { service: { url: service.url } }),
    enroll: (...args: readonly string[]) => runCommand([...common, '--url', service.url, ...args], nowhere),
  }
}

describe('mayfly enroll', () => {
  it('puts a new key and its certificate into the folder, and tells when to renew', async () => {
    const { enroll, tokenFile, out, service } = await bench()
    const { text, json } = await enroll('--token-file', tokenFile)
    const [{ body, headers } = { body: '{}', headers: {} }] = service.received
    expect(headers).toMatchObject({ authorization: `Bearer ${token}` })
    const files = ['key', 'certificate', 'chain'].map((name) => [name, join(out, `${name}.pem`)] as const)
    expect(json).toStrictEqual({
      serialNumber: expect.stringMatching(/^[0-9a-f]{32}$/),
      notBefore: '2026-03-02T09:55:00Z',
      notAfter: '2026-03-02T10:59:59Z',
      renewal: { start: '2026-03-02T10:30:00Z', end: '2026-03-02T10:45:00Z' },
      files: Object.fromEntries(files),
    })
    const { serialNumber } = json as { serialNumber: string }
    expect(text.split('\n')).toEqual([
      `serial number  ${serialNumber}`,
      'valid until    2026-03-02T10:59:59Z (in 59 minutes)',
      'renew from     2026-03-02T10:30:00Z (in 30 minutes)',
      ...files.map(([name, file]) => `${name.padEnd(15)}${file}`),
    ])
    expect(spkiOf(createPrivateKey(await readFile(join(out, 'key.pem'))))).toEqual(requestedKey(body))
    expect(await readFile(join(out, 'chain.pem'), 'utf8')).toBe(authority.issuer)
  })

  it('puts the roots beside them when an anchor vouches for the bundle, and spends no token otherwise', async () => {
    await using world = await createBundleWorld()
    const service = await serve((received) => {
      if (received.method === 'POST') return honest(received)
      return received.path?.endsWith('/trust.jws')
        ? { body: world.jws }
        : problemReply(404, 'certificate-unknown')
    })
    const { folder, tokenFile, out } = await bench()
    const enrollWith = (anchor: string) =>
      runCommand(
        [
          'enroll',
          '--tenant',
          world.tenant,
          '--out',
          out,
          '--url',
          service.url,
          '--token-file',
          tokenFile,
          '--anchor',
          anchor,
        ],
        testDeployment(folder),
      )
    await expect(enrollWith('ab'.repeat(32))).toRefuse('trust-bundle-refused', /not among those trusted here/)
    expect(service.received.filter(({ method }) => method === 'POST')).toEqual([])
    const { json } = await enrollWith(world.root(1).digest)
    expect(json).toMatchObject({ files: { roots: join(out, 'roots.pem') } })
    const roots = parsePemCertificates(await readFile(join(out, 'roots.pem'), 'utf8')).map(certificateDigest)
    expect(roots).toEqual([world.root(1).digest, world.root(2).digest])
    // The bundle is kept, so that an older one is refused the next time.
    expect(await readFile(join(out, 'trust', 'trust.jws'), 'utf8')).toBe(world.jws)
  })

  it('takes a new key for every certificate', async () => {
    const { enroll, tokenFile, out } = await bench()
    await enroll('--token-file', tokenFile)
    const first = await readFile(join(out, 'key.pem'), 'utf8')
    await enroll('--token-file', tokenFile)
    expect(await readFile(join(out, 'key.pem'), 'utf8')).not.toBe(first)
  })

  it('uses the key of an enrollment that failed again, and leaves what it has in place until then', async () => {
    let answers: readonly ((received: Received) => Reply)[] = [honest, () => ({ body: 'cut' }), honest]
    const { enroll, tokenFile, out, service } = await bench((received) => {
      const [answer = honest, ...rest] = answers
      answers = rest
      return answer(received)
    })
    await enroll('--token-file', tokenFile)
    const before = await readFile(join(out, 'certificate.pem'), 'utf8')
    await expect(enroll('--token-file', tokenFile)).toRefuse('service-not-reached')
    expect(await readFile(join(out, 'certificate.pem'), 'utf8')).toBe(before)
    await enroll('--token-file', tokenFile)
    const keys = service.received.map(({ body }) => Buffer.from(requestedKey(body)).toString('hex'))
    expect(keys[1]).not.toBe(keys[0])
    expect(keys[2]).toBe(keys[1])
    expect((await readdir(out)).sort()).toEqual([
      'certificate.pem',
      'chain.pem',
      'current',
      'generations',
      'key.pem',
      'renew.lock',
    ])
  })

  it('changes nothing in a folder while its agent does, and waits for that', async () => {
    const { enroll, tokenFile, out, service } = await bench()
    await mkdir(out, { mode: 0o700 })
    let enrolled: Promise<unknown> = Promise.resolve()
    await withRenewLock(out, async () => {
      enrolled = enroll('--token-file', tokenFile)
      await sleep(300)
      expect(await readdir(out)).toEqual(['renew.lock'])
    })
    await enrolled
    expect(service.received).toHaveLength(1)
  })

  it('finds the service in the deployment when no URL is given', async () => {
    const { common, tokenFile, deployment, service } = await bench()
    await runCommand([...common, '--token-file', tokenFile], deployment)
    expect(service.received).toHaveLength(1)
  })

  it('trusts the authority of the deployment, or the one it is given, and none of the system for it', async () => {
    const { folder, common, tokenFile } = await bench()
    const { key, certificate, caFile } = await localServerIdentity(join(folder, 'tls'), 'localhost')
    const url = `https://localhost:${await listen(createServer({ key, cert: certificate }, answering(honest)))}`
    const args = [...common, '--token-file', tokenFile]
    const deployed = testDeployment(folder, { service: { url, caFile } })
    expect((await runCommand(args, deployed)).text).toMatch(/^serial number/)
    expect((await runCommand([...args, '--url', url, '--ca', caFile], nowhere)).text).toMatch(
      /^serial number/,
    )
    const missing = runCommand([...args, '--url', url, '--ca', join(folder, 'none.pem')], nowhere)
    await expect(missing).toRefuse('usage-wrong', /none\.pem: ENOENT/)
  })

  it.skipIf(process.platform === 'win32')('takes the token that a command prints', async () => {
    const { enroll, service } = await bench()
    await enroll('--token-command', `printf '%s\\n' 'x.y.z'`)
    expect(service.received[0]?.headers.authorization).toBe('Bearer x.y.z')
  })

  describe.skipIf(process.platform === 'win32')('asks the token command again, told of the challenge', () => {
    /** Prints a token of what it is told, and counts how often it is asked. */
    const telling = (folder: string) =>
      `echo x >> '${folder}/asked'; printf 'a.%s.b' "$MAYFLY_CHALLENGE_CLAIMS$MAYFLY_CHALLENGE_ACR_VALUES-$MAYFLY_CHALLENGE_MAX_AGE"`
    const askedIn = async (folder: string) =>
      (await readFile(join(folder, 'asked'), 'utf8')).split('x').length - 1
    const challenged = (parameters: string): Reply =>
      problemReply(401, 'sign-in-insufficient', { 'www-authenticate': `Bearer ${parameters}` })

    it.each([
      ['error="insufficient_claims", claims="eyJ4IjoxfQ"', 'a.eyJ4IjoxfQ-.b'],
      ['error="insufficient_user_authentication", acr_values="strong", max_age="60"', 'a.strong-60.b'],
    ])('%s', async (parameters, wanted) => {
      vi.stubEnv('MAYFLY_CHALLENGE_MAX_AGE', 'of before')
      onTestFinished(() => void vi.unstubAllEnvs())
      const { enroll, service, folder } = await bench((received) =>
        received.headers.authorization === `Bearer ${wanted}` ? honest(received) : challenged(parameters),
      )
      expect((await enroll('--token-command', telling(folder))).text).toMatch(/^serial number/)
      expect(service.received.map(({ headers }) => headers.authorization)).toEqual([
        'Bearer a.-.b',
        `Bearer ${wanted}`,
      ])
      const [first, second] = service.received.map(({ body }) => requestedKey(body))
      expect(second).toEqual(first)
    })

    it('but once, and never for a refusal that is none, nor a file', async () => {
      const stepUp = 'error="insufficient_user_authentication", max_age="60"'
      const { enroll, service, folder, tokenFile } = await bench(() => challenged(stepUp))
      await expect(enroll('--token-command', telling(folder))).toRefuse('sign-in-insufficient')
      expect([await askedIn(folder), service.received.length]).toEqual([2, 2])
      await expect(enroll('--token-file', tokenFile)).toRefuse('sign-in-insufficient')
      expect(service.received).toHaveLength(3)
      const refusing = await bench(() => challenged('error="invalid_token"'))
      await expect(refusing.enroll('--token-command', telling(refusing.folder))).toRefuse(
        'sign-in-insufficient',
      )
      expect([await askedIn(refusing.folder), refusing.service.received.length]).toEqual([1, 1])
    })

    it('and tells what the service said where the command has no answer', async () => {
      const { enroll } = await bench(() => challenged('error="insufficient_claims", claims="eyJ4IjoxfQ"'))
      const knowing = 'test -z "$MAYFLY_CHALLENGE_CLAIMS" && printf a.b.c'
      await expect(enroll('--token-command', knowing)).toRefuse(
        'sign-in-insufficient',
        /the token command ended with 1\.$/,
      )
    })
  })

  describe.skipIf(process.platform === 'win32')('sends tokens about the device', () => {
    const sentBy = ({ received }: { received: readonly Received[] }) =>
      received.map(({ body }) => JSON.parse(body) as { posture?: string; attestation?: string })

    it('of files, or of commands, the one of the attestation told of the key that was made first', async () => {
      const { enroll, service, folder, tokenFile, out } = await bench()
      const file = join(folder, 'posture.jwt')
      await writeFile(file, 'p.o.s\n')
      const attest = `test -e '${out}/pending-key.pem' && printf 'a.%s.%s' "$MAYFLY_KEY_SHA256" "$MAYFLY_KEY_SHA256_BASE64URL"`
      await enroll('--token-file', tokenFile, '--posture-file', file, '--attestation-command', attest)
      await enroll('--token-file', tokenFile, '--posture-command', 'printf q.o.s', '--attestation-file', file)
      const [first, second] = sentBy(service)
      const digest = createHash('sha256')
        .update(requestedKey(service.received[0]?.body ?? ''))
        .digest()
      expect(first).toMatchObject({
        posture: 'p.o.s',
        attestation: `a.${digest.toString('hex')}.${digest.toString('base64url')}`,
      })
      expect(second).toMatchObject({ posture: 'q.o.s', attestation: 'p.o.s' })
    })

    it('again when the token command answers a challenge, for the same key', async () => {
      const challenge = 'Bearer error="insufficient_user_authentication", max_age="60"'
      const { enroll, service, folder } = await bench(({ headers, body }) =>
        headers.authorization === 'Bearer b'
          ? honest({ body } as Received)
          : problemReply(401, 'sign-in-insufficient', { 'www-authenticate': challenge }),
      )
      const attest = `echo x >> '${folder}/asked'; printf "$MAYFLY_KEY_SHA256"`
      const challengedToken = 'test -z "$MAYFLY_CHALLENGE_MAX_AGE" && printf a || printf b'
      await enroll('--token-command', challengedToken, '--attestation-command', attest)
      const [first, second] = sentBy(service)
      expect(second).toEqual({ ...first, csr: expect.any(String) })
      expect(await readFile(join(folder, 'asked'), 'utf8')).toBe('x\n')
    })

    it.each(['posture', 'attestation'])('and refuses a %s token of no source, or of two', async (kind) => {
      const { enroll, service, tokenFile } = await bench()
      const withOption = (...args: readonly string[]) => enroll('--token-file', tokenFile, ...args)
      await expect(withOption(`--${kind}-file`, tokenFile, `--${kind}-command`, 'true')).toRefuse(
        'usage-wrong',
        new RegExp(`either --${kind}-file or --${kind}-command`),
      )
      await expect(withOption(`--${kind}-command`, 'echo canary >&2; exit 7')).toRefuse(
        'token-source-failed',
        new RegExp(`^Cannot get a token: the ${kind} command ended with 7\\.$`),
      )
      await expect(withOption(`--${kind}-command`, 'true')).toRefuse(
        'usage-wrong',
        new RegExp(`what the ${kind} command printed is empty`),
      )
      await expect(withOption(`--${kind}-file`, join('nowhere', 'x.jwt'))).toRefuse('usage-wrong', /ENOENT/)
      expect(service.received).toEqual([])
    })
  })

  it('tells how a token command failed, without what it printed', async () => {
    const { enroll, service, folder } = await bench()
    const failing = `${JSON.stringify(process.execPath)} -e "console.log('canary'); console.error('canary'); process.exit(3)"`
    await expect(enroll('--token-command', failing)).toRefuse(
      'token-source-failed',
      /^(?!.*canary).*ended with 3\.$/,
    )
    expect(service.received).toEqual([])
    expect(await readdir(folder)).not.toContain('ada')
  })

  it.each([[[]], [['--token-file', 'a', '--token-command', 'b']]])(
    'wants one source of the token, not %j',
    async (args) => {
      const { enroll } = await bench()
      await expect(enroll(...args)).toRefuse('usage-wrong', /either --token-file or --token-command/)
    },
  )

  it('tells that the token file cannot be read, and makes no key', async () => {
    const { enroll, folder } = await bench()
    await expect(enroll('--token-file', join(folder, 'none.jwt'))).toRefuse(
      'usage-wrong',
      /none\.jwt: ENOENT/,
    )
    expect(await readdir(folder)).toEqual(['ada.jwt'])
  })

  it.each([
    ['nothing', '', /the token file .* is empty\.$/],
    ['two tokens', 'a.b.c\nd.e.f\n', /several words or lines/],
    [
      'UTF-16, as PowerShell 5 writes it,',
      readFileSync(new URL('../../incidents/2026-11-28/token-file-utf16le.txt', import.meta.url)),
      /ada\.jwt is UTF-16: use Out-File -Encoding ascii\.$/,
    ],
  ])('refuses a token file with %s before anything is sent', async (_, content, detail) => {
    const { enroll, tokenFile, service } = await bench()
    await writeFile(tokenFile, content)
    await expect(enroll('--token-file', tokenFile)).toRefuse('usage-wrong', detail)
    expect(service.received).toEqual([])
  })

  it.each(['tenant', 'out'])('tells that --%s is missing', async (name) => {
    const options = { tenant: 'contoso', out: 'ada', [name]: '' }
    const args = Object.entries(options).map(([option, value]) => `--${option}=${value}`)
    await expect(runCommand(['enroll', ...args], nowhere)).toRefuse(
      'usage-wrong',
      new RegExp(`--${name} is missing`),
    )
  })

  it('tells what the service refused', async () => {
    const { body, ...reply } = problemReply(403, 'policy-not-satisfied')
    const advice = { remediation: 'Do it.', remediationLink: 'https://help.example/', policies: [] }
    const { enroll, tokenFile } = await bench(() => ({ ...reply, body: { ...Object(body), ...advice } }))
    await expect(enroll('--token-file', tokenFile)).toRefuse(
      'policy-not-satisfied',
      /^This is a detail of policy-not-satisfied\. Do it\. https:\/\/help\.example\/$/,
    )
  })
})
