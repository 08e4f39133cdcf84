import { WriteStream } from 'node:tty'
import { styleText } from 'node:util'
import { InputError } from '../api/input-error.ts'
import type { Output, Style } from './output.ts'

/**
 * The output of a process: standard output for data, standard error for messages. Each has colours of its own, so that
 * a report in a file has none while its messages on the terminal have.
 * @param color value of `--color`
 */
export function terminalOutput(color: unknown): Output {
  if (color !== undefined && color !== 'auto' && color !== 'always' && color !== 'never') {
    throw new InputError(`--color ${color as string} is not possible`, { remedy: 'use auto, always or never' })
  }
  const styleOf = (stream: NodeJS.WriteStream): Output['style'] => {
    const colored = color === 'always' || (color !== 'never' && hasColors(stream))
    return (format: Style, text: string) => (colored ? styleText(format, text, { validateStream: false }) : text)
  }
  return {
    data: (text) => void process.stdout.write(text),
    message: (text) => void process.stderr.write(text),
    terminal: process.stderr.isTTY && process.env['TERM'] !== 'dumb',
    columns: process.stderr.columns > 0 ? process.stderr.columns : 80,
    style: styleOf(process.stderr),
    dataStyle: styleOf(process.stdout),
  }
}

/** As Node decides for its own output: FORCE_COLOR, then NO_COLOR, then the terminal. */
function hasColors(stream: NodeJS.WriteStream): boolean {
  const { FORCE_COLOR } = process.env
  if (FORCE_COLOR !== undefined) return WriteStream.prototype.getColorDepth({ FORCE_COLOR }) > 2
  return stream.isTTY && stream.getColorDepth() > 2
}
