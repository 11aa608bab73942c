import { parentPort } from 'node:worker_threads'
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import * as common from '@zxcvbn-ts/language-common'
import * as english from '@zxcvbn-ts/language-en'
import type { StrengthQuestion, StrengthAnswer } from './password-strength.ts'

/** The thread that guesses: it alone holds the dictionaries. One answer for each question, in order. */

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common.dictionary, ...english.dictionary },
  graphs: common.adjacencyGraphs,
  translations: english.translations,
})

parentPort?.on('message', ({ id, password, about }: StrengthQuestion) => {
  const { score, feedback } = zxcvbn.check(password, [...about])
  const sentences = [feedback.warning, ...feedback.suggestions].filter((sentence) => sentence !== null)
  const answer: StrengthAnswer = { id, strength: score, suggestions: sentences.filter((sentence) => sentence !== '') }
  parentPort?.postMessage(answer)
})
