/** All of these labels. */
export interface LabelSelectorProps {
  readonly matchLabels: Readonly<Record<string, string>>
}
