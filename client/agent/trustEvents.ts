import { rfc3339 } from '../../lib/text/rfc3339.ts'
import type { AgentEvent } from './agentEvent.ts'
import type { PlaceAnswer } from './askPlaces.ts'
import { frozenPlaces } from './frozenPlaces.ts'
import type { Loading } from './loadTrust.ts'
import type { TrustState } from './trustState.ts'

type Told = Omit<AgentEvent, 'subject'>

/** Tells of places that did not answer well. It is an error that the last one did not. */
const answersTold = (answers: readonly PlaceAnswer[]): readonly Told[] => {
  const isAnswered = answers.some(({ error }) => error === undefined)
  return answers.flatMap(({ name, error }, index): readonly Told[] => {
    if (!error) return []
    const level = isAnswered || index < answers.length - 1 ? 'warning' : 'error'
    const facts = { place: name, code: error.code }
    return [{ kind: 'trust-failed', level, text: `${name}: ${error.detail}`, facts }]
  })
}

/** Tells which bundle is installed. */
const bundleTold = (sequence: number, previousSequence: number | undefined): Told =>
  sequence === previousSequence
    ? { kind: 'trust-current', level: 'info', text: `Bundle ${sequence} is current.`, facts: { sequence } }
    : {
        kind: 'trust-changed',
        level: 'info',
        text: `Bundle ${sequence} is installed${previousSequence === undefined ? '' : `, after ${previousSequence}`}.`,
        facts: { sequence, ...(previousSequence === undefined ? {} : { previousSequence }) },
      }

const left = ({ isPutBack, trusted, whyAgain }: Extract<Loading, { kind: 'failed' }>): string => {
  if (!isPutBack)
    return trusted.loaded === undefined
      ? 'The new files stay: there are none before that the new bundle permits.'
      : 'The new files stay: the new bundle no longer holds what the old one did.'
  const again = whyAgain === undefined ? 'were loaded again' : `were not loaded either (it ${whyAgain})`
  return `The files of bundle ${trusted.served?.sequence} were put back, and ${again}.`
}

/** Tells how the hook ended, where it ran. */
const loadingTold = (loading: Loading): readonly Told[] => {
  if (loading.kind === 'loaded') {
    const { sequence } = loading.bundle
    return [
      {
        kind: 'trust-loaded',
        level: 'info',
        text: `The hook loaded bundle ${sequence}.`,
        facts: { sequence },
      },
    ]
  }
  if (loading.kind !== 'failed') return []
  const { bundle, why, isPutBack } = loading
  return [
    {
      kind: 'trust-not-loaded',
      level: 'error',
      text: `The hook for bundle ${bundle.sequence} ${why}. ${left(loading)} It is run again.`,
      facts: { sequence: bundle.sequence, isPutBack },
    },
  ]
}

/** Names the places that have been behind for an hour or longer. */
const frozenTold = (state: TrustState, at: Date): readonly Told[] =>
  frozenPlaces(state, at).map(({ name, since: begun, sequence: served, newest }): Told => {
    const since = rfc3339(new Date(begun))
    return {
      kind: 'trust-frozen',
      level: 'warning',
      text: `${name} has been behind since ${since}: it has bundle ${served}, and ${newest} is in force.`,
      facts: { place: name, since, newest, ...(served === undefined ? {} : { sequence: served }) },
    }
  })

/** Tells of a look, part by part. */
export const trustEvents = {
  answers: answersTold,
  bundle: bundleTold,
  loading: loadingTold,
  frozen: frozenTold,
} as const
