import type { DropsOutcome } from './faultsOfDrops.ts'
import type { Outcome } from './faultsRun.ts'

const introduction = `# Faults, and what comes of them

For who writes a client, or is on call: each row is one fault that a test provokes over HTTP. The tables (Azurite) and the token issuer
stand behind a proxy that fails, Key Vault is a stand-in that does. The table says what the client was answered, what the ledger held then, and what the
same request, with the same token and key, got a minute later, when nothing was wrong any more. What is refused breaks the
connection before anything was done; what is done and lost breaks it afterwards; "a stranger" is whoever answers in place of the
tables.

In every row, whatever the fault: no certificate leaves that the ledger does not hold byte for byte; a token has one row at
most; an outage is a 503 with Retry-After; once a certificate was given, the same request gets the same octets again
and another key gets 409 \`token-replayed\`; and a signature that no row holds is told of by a \`signature-wasted\` line
with its request id, which the log of the key shows. Such a line may also be about a signature that was never made, or
whose row was written all the same: nobody could tell then.

This file is written by the test: \`MAYFLY_UPDATE_DOCS=1 npx --no -- vitest run test/e2e/faults.test.ts\`.
`

const head = `| fault | answer | ledger | signatures made | a minute later |
|---|---|---|---|---|`

const rowOf = ({ fault, answer, state, signatures, retry }: Outcome): string =>
  `| ${[fault, answer, state, signatures, retry].join(' | ')} |`

const dropsSection = `
## The drop list

A VPN server that holds a list with one user asks for it. Whatever the fault, no list that cannot be read is taken for an empty one: the
server goes on by the list that it has, and names it once it is older than 5 minutes.

| fault | answer | the server obeys | a minute later |
|---|---|---|---|
`

const dropsRow = ({ fault, answer, obeyed, retry }: DropsOutcome): string =>
  `| ${[fault, answer, obeyed, retry].join(' | ')} |`

/** The document: a table for each part, in the order of the cases, and one of the drop list. */
export const faultsTable = (outcomes: readonly Outcome[], drops: readonly DropsOutcome[]): string => {
  const parts = Map.groupBy(outcomes, ({ part }) => part)
  const sections = [...parts].map(
    ([part, rows]) => `\n## ${part}\n\n${head}\n${rows.map(rowOf).join('\n')}\n`,
  )
  return `${introduction}${sections.join('')}${dropsSection}${drops.map(dropsRow).join('\n')}\n`
}
