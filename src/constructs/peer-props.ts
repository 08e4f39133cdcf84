import type { LabelSelectorProps } from './label-selector-props.ts'

/** Pods by their labels, namespaces by theirs, or pods of such namespaces: at least one of the two selectors. */
export type PeerProps =
  | { readonly podSelector: LabelSelectorProps; readonly namespaceSelector?: LabelSelectorProps }
  | { readonly namespaceSelector: LabelSelectorProps; readonly podSelector?: LabelSelectorProps }
