import { describe, expect, it } from 'vitest'
import { judgeSpace } from '../../../client/check/spaceFound.ts'

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
