import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { launchdPlist } from '../../../client/service/launchdPlist.ts'
import { nastyName, testNeeds, testService } from './services.ts'
import { elementTexts, hasXmllint, plistFaults } from './xmlLint.ts'

const log = '/Library/Application Support/Mayfly/agent.log'

/** The value after a key. */
const after = (plist: string, key: string) =>
  new RegExp(`<key>${key}</key>\\s*(<[^]*?>[^<]*)`).exec(plist)?.[1]

describe.runIf(hasXmllint)('launchdPlist(), as libxml2 reads it', () => {
  it.each([
    ['stays', {}],
    ['looks every so often', { everySeconds: 300 }],
    ['has a strange path', { configurationFile: '/Users/Jörg & <Söhne>/"a"/%41.toml' }],
  ])("is a property list by Apple's own definition where the agent %s", async (_, changes) => {
    expect(await plistFaults(launchdPlist(testService(changes), log))).toBe('')
  })

  it('would be told of a list that is none', async () => {
    const wrong = launchdPlist(testService(), log).replace('<true/>', '<yes/>')
    expect(await plistFaults(wrong)).toContain('No declaration for element yes')
  })

  it('hands on every path as it is', async () => {
    const names = fc.sample(nastyName, 200)
    const [executable = '', ...script] = names.map((name) => `/opt/${name}`)
    const plist = launchdPlist(testService({ program: [executable, ...script] }), log)
    expect((await elementTexts(plist, 'string')).slice(1, 1 + names.length)).toEqual([executable, ...script])
  })
})

describe('launchdPlist()', () => {
  it('is started again when it fails, or every so often, and never both', () => {
    const stays = launchdPlist(testService(), log)
    expect(after(stays, 'SuccessfulExit')).toMatch(/^<false\/>/)
    expect(stays).not.toMatch(/StartInterval|--once/)
    const looks = launchdPlist(testService({ everySeconds: 300 }), log)
    expect(after(looks, 'StartInterval')).toBe('<integer>300')
    expect(looks).toContain('<string>--once</string>')
    expect(looks).not.toContain('KeepAlive')
  })

  it('says where events go unless the configuration does', () => {
    expect(launchdPlist(testService(), log)).toMatch(/<string>--log-file<\/string>\s*<string>\/Library\/App/)
    expect(launchdPlist(testService({ needs: { ...testNeeds, hasLog: true } }), log)).not.toContain(
      '--log-file',
    )
  })
})
