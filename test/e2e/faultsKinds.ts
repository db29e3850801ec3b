import type { Answer, Fault } from './faultsServer.ts'

/** The connection breaks, and nothing was done. */
export const refused: Fault = () => Promise.resolve(undefined)

/** No answer ever comes, and nothing is done. */
export const slow: Fault = () => new Promise(() => undefined)

const textAnswer = (status: number, contentType: string, text: string): Answer => ({
  status,
  headers: { 'content-type': contentType },
  body: Buffer.from(text),
})

/** Somebody else answers, and nothing is done. */
export const says =
  (status: number, body: unknown = {}): Fault =>
  () =>
    Promise.resolve(textAnswer(status, 'application/json', JSON.stringify(body)))

/** A page, as a proxy that wants a sign-in shows it with success; nothing is done. */
export const page: Fault = () =>
  Promise.resolve(textAnswer(200, 'text/html', '<html><title>Sign in</title></html>'))

/** The table does not exist. */
export const noTable: Fault = says(404, {
  'odata.error': { code: 'TableNotFound', message: { lang: 'en-US', value: 'There is no such table.' } },
})

/** The client may not do this. */
export const forbidden: Fault = says(403, {
  'odata.error': { code: 'AuthorizationFailure', message: { lang: 'en-US', value: 'Not you.' } },
})

/** It is done, and the connection breaks in the middle of the answer. */
export const cut: Fault = async (answer) => {
  const whole = await answer()
  return { ...whole, headers: { ...whole.headers, 'content-length': whole.body.length }, isCut: true }
}

/** It is done, and the answer is half of what it should be. */
export const halved: Fault = async (answer) => {
  const { status, headers, body } = await answer()
  const { 'transfer-encoding': _, 'content-length': __, ...rest } = headers
  return { status, headers: rest, body: body.subarray(0, body.length >> 1) }
}

/** It is done, but something else comes of the answer. */
export const doneBut =
  (instead: Fault): Fault =>
  async (answer) => {
    await answer()
    return instead(answer)
  }

/** It is done, and the reply is lost. */
export const lost: Fault = doneBut(refused)
