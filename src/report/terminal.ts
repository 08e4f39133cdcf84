import { styleText } from 'node:util'
import { InputError } from '../api/input-error.ts'
import type { Output, Style } from './output.ts'

/**
 * The output of a process: standard output for data, standard error for messages. A reader that goes away (`| head`)
 * ends the writing, not the program.
 * @param color value of `--color`
 */
export function terminalOutput(color: unknown): Output {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listenerCount('error') === 0) stream.on('error', ignoreClosedPipe)
  }
  if (color !== undefined && color !== 'auto' && color !== 'always' && color !== 'never') {
    throw new InputError(`--color ${color as string} is not possible`, { remedy: 'use auto, always or never' })
  }
  const style = (format: Style, text: string): string => {
    if (color === 'never') return text
    return styleText(format, text, color === 'always' ? { validateStream: false } : { stream: process.stderr })
  }
  return {
    data: (text) => void process.stdout.write(text),
    message: (text) => void process.stderr.write(text),
    terminal: process.stderr.isTTY && process.env['TERM'] !== 'dumb',
    columns: process.stderr.columns > 0 ? process.stderr.columns : 80,
    style,
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
