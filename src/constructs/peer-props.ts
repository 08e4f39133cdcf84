import type { LabelSelectorProps } from './label-selector-props.ts'

/** A peer that may connect: at least one of the two selectors. */
export type PeerProps =
  | { readonly podSelector: LabelSelectorProps; readonly namespaceSelector?: LabelSelectorProps }
  | { readonly namespaceSelector: LabelSelectorProps }
