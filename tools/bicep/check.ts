import { relative } from 'node:path'
import { checkBicep } from './checkBicep.ts'
import { loadSchemas } from './schema.ts'

// Checks Bicep files: `node tools/bicep/check.ts [file ...]`, infra/ when none is named.
const named = process.argv.slice(2)
const files = named.length > 0 ? named : ['infra/main.bicep', 'infra/main.bicepparam']
const findings = await checkBicep(files, await loadSchemas())
for (const { file, line, code, message } of findings)
  console.error(`${relative('', file)}(${line}): ${code}: ${message}`)
console.log(`${files.join(', ')}: ${findings.length === 0 ? 'nothing found' : `${findings.length} found`}`)
if (findings.length > 0) process.exitCode = 1
