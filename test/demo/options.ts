import { parseArgs } from 'node:util'

/** What the demo was asked to do. */
export interface DemoOptions {
  /** Leave the cluster up. */
  readonly keep: boolean
  /** Directory of a kept cluster that is to end. */
  readonly stop: string | undefined
  /** Time to hold each phase. */
  readonly pace: string | undefined
  /** Show the controller and kubectl instead of the command line. */
  readonly controller: boolean
}

/** Reads the flags of the demo, or says in one line what is wrong with them. */
export function readOptions(argv: readonly string[]): DemoOptions | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        keep: { type: 'boolean', default: false },
        stop: { type: 'string' },
        pace: { type: 'string' },
        controller: { type: 'boolean', default: false },
      },
    })
    if (values.stop === '') return '--stop needs a directory'
    const { keep, stop, pace, controller } = values
    return { keep, stop, pace, controller }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined || !code.startsWith('ERR_PARSE_ARGS_')) throw error
    const firstSentence = message.split(/\n|\. /, 1)[0] ?? message
    return /'--stop/.test(message) ? '--stop needs a directory: the one that --keep printed' : firstSentence
  }
}
