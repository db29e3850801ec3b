import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { outdir, readBundle } from './bundle.ts'
import { makeRelease } from './release.ts'

// Writes what `npm run build` made as a release: dist/mayfly-<version>.zip, .cdx.json and .sha256.
const { contents, files } = await makeRelease('.', await readBundle('.'))
for (const [name, octets] of files) {
  await writeFile(`${outdir}/${name}`, octets)
  console.log(`${outdir}/${name}: ${Math.round(octets.length / 1024)} KiB`)
}

// What is in the zip, unpacked: azd zips a folder itself.
await rm(`${outdir}/package`, { recursive: true, force: true })
for (const [name, octets] of contents) {
  await mkdir(dirname(`${outdir}/package/${name}`), { recursive: true })
  await writeFile(`${outdir}/package/${name}`, octets)
}
