import type { Output } from '../../src/report/output.ts'

/** An output that keeps what is written, without colours. */
export interface RecordedOutput extends Output {
  /** Everything written as data. */
  readonly text: string
  /** Everything written as messages. */
  readonly messages: string
}

/** An output for tests. */
export function recordedOutput(): RecordedOutput {
  let [text, messages] = ['', '']
  return {
    data: (written) => {
      text += written
    },
    message: (written) => {
      messages += written
    },
    terminal: false,
    columns: 80,
    style: (_format, written) => written,
    dataStyle: (_format, written) => written,
    get text() {
      return text
    },
    get messages() {
      return messages
    },
  }
}
