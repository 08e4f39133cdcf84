/** One flag of a command. The same table drives parsing, `--help` and the reference page. */
export interface Flag {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** May be given more than once. */
  readonly multiple?: true
  /** What stands for the value in help: `FILE`. */
  readonly value?: string
  /** Meaning, with the default. */
  readonly help: string
}

/** Flags by name. */
export type Flags = Readonly<Record<string, Flag>>

/** Of every command. */
export const HELP: Flag = { type: 'boolean', short: 'h', help: 'Show this help.' }

/** Of every command. */
export const VERBOSE: Flag = {
  type: 'boolean',
  short: 'v',
  help: 'Every object and step, and stack traces of errors. Secrets are never printed.',
}

/** Flags of every command that ends with a report. */
export const COMMON_FLAGS: Flags = {
  help: HELP,
  output: {
    type: 'string',
    short: 'o',
    value: 'FORMAT',
    help: 'human, json, jsonl, yaml, name; diff and apply: diff, markdown, github, junit too; status and synth: human, json. Default: human.',
  },
  color: {
    type: 'string',
    value: 'WHEN',
    help: 'auto, always or never. Default: auto (NO_COLOR and FORCE_COLOR are heeded).',
  },
  progress: { type: 'boolean', help: 'Show a live line on a terminal; --no-progress prints plain lines. Default: on.' },
  quiet: { type: 'boolean', short: 'q', help: 'Only results and errors.' },
  verbose: VERBOSE,
}

/** Flags of every command that talks to a cluster. */
export const CLUSTER_FLAGS: Flags = {
  kubeconfig: {
    type: 'string',
    value: 'FILE',
    help: "Default: $KUBECONFIG, then ~/.kube/config, then the pod's service account.",
  },
  context: { type: 'string', value: 'NAME', help: 'Context of the kubeconfig. Default: its current context.' },
  namespace: {
    type: 'string',
    short: 'n',
    value: 'NAME',
    help: "Namespace of objects that name none. Default: the context's.",
  },
  'allow-insecure': { type: 'boolean', help: 'Accept a server whose certificate is not verified, or plain http.' },
}

/** Flags of every command that reads manifests. */
export const INPUT_FLAGS: Flags = {
  filename: {
    type: 'string',
    short: 'f',
    multiple: true,
    value: 'PATH',
    help: 'File, directory or - for standard input; may be repeated. Default: dist.',
  },
}

/** Flags that choose a part of the manifests. */
export const SUBSET_FLAGS: Flags = {
  selector: {
    type: 'string',
    short: 'l',
    value: 'LABELS',
    help: 'Only objects with these labels: team=shop,tier. A Database brings its children.',
  },
  only: {
    type: 'string',
    multiple: true,
    value: 'KIND/NAME',
    help: 'Only this object; may be repeated. A Database brings its children.',
  },
}

/** Flags of commands that plan. */
export const PLAN_FLAGS: Flags = {
  'verify-with-dry-run': {
    type: 'boolean',
    help: 'Ask the server about every object, also where the managed fields prove that nothing changes.',
  },
}

/** Flags of commands that may take what is others'. */
export const TAKING_FLAGS: Flags = {
  'force-conflicts': { type: 'boolean', help: 'Take over fields that other field managers own; the plan says whose.' },
  'take-over': {
    type: 'boolean',
    help: 'Take over objects that Argo CD, Flux, Helm or another inventory keeps. Asks first, or needs --yes.',
  },
  recreate: {
    type: 'boolean',
    help: 'Delete and create again what cannot be changed in place; pods of a StatefulSet go on running. Asks first, or needs --yes.',
  },
}

/** Flags of commands that keep the inventory of an apply set. */
export const SET_FLAGS: Flags = {
  set: {
    type: 'string',
    value: 'NAME',
    help: 'Keep an inventory of these manifests under that name, in the namespace of the connection.',
  },
  prune: {
    type: 'boolean',
    help: 'Delete what is in the inventory and no longer in the manifests. Never volumes, credentials, definitions, namespaces or databases.',
  },
}

/** Flags of commands that wait. */
export const WAIT_FLAGS: Flags = {
  wait: { type: 'boolean', help: 'Wait until everything is ready; --no-wait returns after applying. Default: wait.' },
  timeout: { type: 'string', value: 'DURATION', help: 'Longest wait of the whole run: 90s, 5m, 1h30m. Default: 5m.' },
}
