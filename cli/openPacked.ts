import { compileFunction } from 'node:vm'
import { brotliDecompressSync } from 'node:zlib'

/**
 * Opens the whole program, which is packed into its one file: V8 would read through all of it at each start. It skips comments,
 * and makes no text of them before somebody asks for one.
 * @param holder has the program as the one comment in its body: base64 of Brotli (RFC 7932) of a CommonJS module.
 * @returns what the module exports.
 */
export const openPacked = (holder: () => void, require: NodeJS.Require): unknown => {
  const [, packed = ''] = /\/\*([\w+/=]+)\*\//.exec(String(holder)) ?? []
  const source = brotliDecompressSync(Buffer.from(packed, 'base64')).toString()
  const module = { exports: {} }
  const run = compileFunction(source, ['module', 'exports', 'require'], { filename: 'mayfly' })
  run(module, module.exports, require)
  return module.exports
}
