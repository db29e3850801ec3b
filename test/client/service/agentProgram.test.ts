import { chmod, mkdir, realpath, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { agentProgram } from '../../../client/service/agentProgram.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

/** A program in a folder, the script of Node.js beside it. */
const programIn = async (folder: string) => {
  await mkdir(folder, { recursive: true })
  const [executable, script] = [join(folder, 'node'), join(folder, 'mayfly.mjs')]
  await writeFile(executable, '', { mode: 0o755 })
  await writeFile(script, '', { mode: 0o644 })
  return { executable, script }
}

describe('agentProgram()', () => {
  it('names an executable alone, and Node.js with its script, by where they are', async () => {
    const folder = await temporaryFolder()
    const { executable, script } = await programIn(folder)
    const link = join(folder, 'link')
    await symlink(script, link)
    const real = await realpath(folder)
    const common = { executable, temporary: [] }
    expect(await agentProgram({ ...common, script: undefined })).toEqual([join(real, 'node')])
    expect(await agentProgram({ ...common, script: link })).toEqual([
      join(real, 'node'),
      join(real, 'mayfly.mjs'),
    ])
  })

  it('refuses what npx keeps for a while, and says so', async () => {
    const { executable, script } = await programIn(
      join(await temporaryFolder(), '_npx', '1f', 'node_modules'),
    )
    await expect(agentProgram({ executable, script, temporary: [] })).rejects.toMatchObject({
      code: 'install-refused',
      detail: expect.stringContaining('npx') as string,
    })
  })

  it('refuses what lies among temporary files, whatever leads there', async () => {
    const folder = await temporaryFolder()
    const { executable, script } = await programIn(join(folder, 'real'))
    await symlink(join(folder, 'real'), join(folder, 'tmp'))
    await expect(
      agentProgram({ executable, script, temporary: [join(folder, 'tmp'), '/no/such/folder'] }),
    ).rejects.toMatchObject({
      code: 'install-refused',
      detail: expect.stringContaining('temporary') as string,
    })
  })

  it.skipIf(process.platform === 'win32').each(['executable', 'script'] as const)(
    'refuses an %s that others can write to',
    async (which) => {
      const program = await programIn(await temporaryFolder())
      await chmod(program[which], 0o777)
      await expect(agentProgram({ ...program, temporary: [] })).rejects.toMatchObject({ code: 'path-shared' })
    },
  )
})
