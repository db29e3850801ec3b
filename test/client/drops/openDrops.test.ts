import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { isStale } from '../../../client/drops/keptDrops.ts'
import { openDrops } from '../../../client/drops/openDrops.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { problemReply, type Reply, serve } from '../serve.ts'
import { dropList, dropsDocument, partyAt } from './dropsWorld.ts'

const start = new Date('2026-03-02T10:00:00Z')
const minute = 60_000

let folder: string
let now: Date
let reply: Reply

const later = (milliseconds: number): Date => (now = new Date(now.getTime() + milliseconds))
const file = () => join(folder, 'drops.json')

const open = async (tenant = 'contoso') => {
  const { url } = await serve(({ headers }) =>
    headers['if-none-match'] === '"seven"' && reply.headers?.['etag'] === '"seven"' ? { status: 304 } : reply,
  )
  return openDrops({ file: file(), tenant, relyingParty: partyAt(url), now: () => now, clock: () => 7 })
}

beforeEach(async () => {
  folder = await temporaryFolder()
  now = start
  reply = { headers: { etag: '"seven"' }, body: dropsDocument() }
})

describe('openDrops()', () => {
  it('keeps the list, and when it was confirmed, across restarts', async () => {
    const drops = await open()
    expect(drops.kept).toBeUndefined()
    expect(await drops.refresh()).toMatchObject({ kind: 'changed', notKept: undefined })
    later(minute)
    expect(await drops.refresh()).toEqual({ kind: 'same', notKept: undefined })
    const kept = { list: dropList, etag: '"seven"', confirmedAt: now }
    expect(drops.kept).toEqual(kept)
    expect((await open()).kept).toEqual(kept)
    if (process.platform !== 'win32') expect((await stat(file())).mode & 0o777).toBe(0o600)
  })

  it('takes the time from each answer that confirms the list, and none from a file', async () => {
    const date = 'Mon, 02 Mar 2026 09:00:00 GMT'
    reply = { headers: { etag: '"seven"', date }, body: dropsDocument() }
    const drops = await open()
    expect(drops.told).toBeUndefined()
    await drops.refresh()
    expect(drops.told).toEqual({ time: new Date(date), clock: 7 })
    reply = { ...problemReply(503, 'tables-unavailable'), headers: { date: 'Mon, 02 Mar 2026 09:01:00 GMT' } }
    await expect(drops.refresh()).toRefuse('tables-unavailable')
    expect(drops.told?.time).toEqual(new Date(date))
    expect((await open()).told).toBeUndefined()
  })

  it('does not write a list again that did not change', async () => {
    const drops = await open()
    await drops.refresh()
    const { ino } = await stat(file())
    later(minute)
    await drops.refresh()
    expect((await stat(file())).ino).toBe(ino)
    await rm(file())
    await drops.refresh()
    expect((await open()).kept?.list).toEqual(dropList)
  })

  it('keeps each list that takes the place of another', async () => {
    const drops = await open()
    await drops.refresh()
    reply = { headers: { etag: '"eight"' }, body: dropsDocument({ sequence: 8, drops: [] }) }
    expect(await drops.refresh()).toMatchObject({ kind: 'changed', notKept: undefined })
    const kept = { list: { ...dropList, sequence: 8, drops: [] }, etag: '"eight"', confirmedAt: now }
    expect(drops.kept).toEqual(kept)
    expect((await open()).kept).toEqual(kept)
  })

  it('goes back to no older list, also after a restart', async () => {
    await (await open()).refresh()
    reply = { headers: { etag: '"six"' }, body: dropsDocument({ sequence: 6, drops: [] }) }
    const drops = await open()
    later(minute)
    expect(await drops.refresh()).toEqual({ kind: 'older', sequence: 6 })
    expect(drops.kept).toMatchObject({ list: dropList, confirmedAt: start })
  })

  it('obeys an older list once nobody confirmed the kept one for 5 minutes, such as one that was forged', async () => {
    reply = { headers: { etag: '"last"' }, body: dropsDocument({ sequence: Number.MAX_SAFE_INTEGER }) }
    await (await open()).refresh()
    reply = { headers: { etag: '"eight"' }, body: dropsDocument({ sequence: 8 }) }
    const drops = await open()
    later(5 * minute)
    expect(await drops.refresh()).toMatchObject({ kind: 'older', sequence: 8 })
    later(1)
    expect(await drops.refresh()).toMatchObject({ kind: 'changed', notKept: undefined })
    expect(drops.kept).toMatchObject({ list: { sequence: 8 }, confirmedAt: now })
    expect((await open()).kept?.list.sequence).toBe(8)
  })

  it('does not forget whom it knows for a deny list that was never changed, however long that is told', async () => {
    const drops = await open()
    await drops.refresh()
    reply = { headers: { etag: '"none"' }, body: dropsDocument({ sequence: 0, drops: [] }) }
    later(60 * minute)
    expect(await drops.refresh()).toEqual({ kind: 'older', sequence: 0 })
    expect(drops.kept?.list).toEqual(dropList)
  })

  it('keeps the list through an outage, until it is old and named as that', async () => {
    const drops = await open()
    expect(isStale(drops.kept, now)).toBe(true)
    await drops.refresh()
    reply = problemReply(503, 'tables-unavailable')
    await expect(drops.refresh()).toRefuse('tables-unavailable')
    expect(drops.kept?.list).toEqual(dropList)
    expect(isStale(drops.kept, later(5 * minute))).toBe(false)
    expect(isStale(drops.kept, later(1))).toBe(true)
    expect(isStale(drops.kept, new Date(start.getTime() - 6 * minute))).toBe(true)
    expect(isStale(drops.kept, new Date(Number.NaN))).toBe(true)
  })

  it.each([
    ['is cut short', (text: string) => text.slice(0, -3)],
    ['holds something else', () => '[]'],
    ['is empty', () => ''],
  ])('asks anew where the file %s', async (_, change) => {
    await (await open()).refresh()
    await writeFile(file(), change(await readFile(file(), 'utf8')))
    const drops = await open()
    expect(drops.kept).toBeUndefined()
    expect(await drops.refresh()).toMatchObject({ kind: 'changed' })
  })

  it('does not take the list of another tenant for its own', async () => {
    await (await open()).refresh()
    expect((await open('fabrikam')).kept).toBeUndefined()
  })

  it('obeys a list that it cannot write, and writes it when it can', async () => {
    await mkdir(file())
    await writeFile(join(file(), 'in-the-way'), '')
    const drops = await open()
    expect((await drops.refresh()).notKept).toMatch(/^E[A-Z]+$/)
    expect(drops.kept?.list).toEqual(dropList)
    await rm(file(), { recursive: true })
    expect(await drops.refresh()).toEqual({ kind: 'same', notKept: undefined })
    expect((await open()).kept?.list).toEqual(dropList)
  })

  it('refuses a secret that no relying party has, before anything is sent', async () => {
    const relyingParty = { ...partyAt('https://ca.example'), secret: 'a b' }
    const opened = openDrops({
      file: file(),
      tenant: 'contoso',
      relyingParty,
      now: () => now,
      clock: () => 7,
    })
    await expect(opened).toRefuse('usage-wrong', /the secret/)
  })
})
