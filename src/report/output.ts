/** Where a command writes. Standard output carries data, standard error everything else. */
export interface Output {
  /** Writes data. */
  data(text: string): void
  /** Writes a message for people. */
  message(text: string): void
  /** Whether messages go to a terminal. */
  readonly terminal: boolean
  /** Width of that terminal. */
  readonly columns: number
  /** Styles a message; the text itself where colours are off. */
  readonly style: (format: Style, text: string) => string
  /** Styles data, which often goes to a file while messages go to a terminal. */
  readonly dataStyle: (format: Style, text: string) => string
}

/** The few styles that are used; each goes with a symbol and a word, so that colour is never the only sign. */
export type Style = 'green' | 'yellow' | 'red' | 'cyan' | 'dim' | 'bold'
