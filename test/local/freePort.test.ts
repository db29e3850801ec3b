import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { freePort, isFree } from '../../local/freePort.ts'

it('freePort() finds a port that somebody can listen on', async () => {
  const port = await freePort()
  const server = createServer().listen(port, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  expect(port).toBeGreaterThan(1023)
})

it('isFree() tells a free port from one that somebody listens on, and leaves it free', async () => {
  const port = await freePort()
  expect(await isFree(port)).toBe(true)
  expect(await isFree(port)).toBe(true)
  const server = createServer().listen(port, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  expect(await isFree(port)).toBe(false)
})

it('isFree() takes what is no port for taken', async () => {
  expect(await isFree(65_536)).toBe(false)
})
