import { describe, expect, it } from 'vitest'
import { judgeSpace, unwritable } from '../../../client/check/spaceFound.ts'

describe('judgeSpace()', () => {
  const space = { bsize: 4096, bavail: 1_000_000, files: 1000, ffree: 10 }
  it.each([
    ['plenty', {}, 'ok', /^3906 MiB are left$/],
    ['a full disk', { bavail: 10 }, 'problem', /^the disk is full: 0 MiB/],
    ['a disk that is nearly full', { bavail: 1000 }, 'warning', /^the disk is nearly full: 3 MiB/],
    ['no file nodes', { ffree: 0 }, 'problem', /no more files/],
    ['a file system that counts none', { files: 0, ffree: 0 }, 'ok', /left$/],
  ])('judges %s', (_, change, status, detail) => {
    expect(judgeSpace({ ...space, ...change })).toMatchObject({
      status,
      detail: expect.stringMatching(detail),
    })
  })
})

describe('unwritable()', () => {
  it('tells a disk for reading alone from a folder of somebody else', () => {
    expect(unwritable('/a', 'EROFS').remedy).toMatch(/mount it for writing/)
    expect(unwritable('/a', 'EACCES')).toMatchObject({
      status: 'problem',
      detail: '/a cannot be written to (EACCES)',
      remedy: expect.stringMatching(/^Run mayfly doctor as the user/),
    })
  })
})
