import { SWITCHED_ON } from './parameter-value.ts'
import { celString } from './pattern-rule.ts'
import type { Rule } from './rule.ts'

/** What of a spec these rules are about. */
interface ReplicationShape {
  replicas?: number | undefined
  parameters?: Record<string, string> | undefined
}

/** One parameter, judged by its text and the number of standbys. */
interface ParameterRule {
  readonly name: string
  readonly message: string
  /** CEL over `self.replicas` and the parameter's text, for which `TEXT` stands. */
  readonly cel: string
  readonly holds: (text: string, standbys: number) => boolean
  /** What else must be so for the rule to count: CEL, and the same on the client. */
  readonly where: { readonly cel: string; readonly holds: (standbys: number) => boolean }
}

const ALONE = { cel: 'self.replicas == 1', holds: (standbys: number) => standbys === 0 } as const
const WITH_STANDBYS = { cel: 'self.replicas > 1', holds: (standbys: number) => standbys > 0 } as const

/** Decimal, and no octal number as PostgreSQL would read `010`. */
const COUNT = '^(0|[1-9][0-9]{0,5})$'

function atLeast(name: string, each: 1 | 2, because: string): ParameterRule {
  return {
    name,
    message: `parameters.${name} must be a whole number and at least ${each === 1 ? '' : 'twice '}the number of standbys: ${because}`,
    cel: `TEXT.matches(${celString(COUNT)}) && int(TEXT) >= ${each} * (self.replicas - 1)`,
    holds: (text, standbys) => new RegExp(COUNT).test(text) && Number(text) >= each * standbys,
    where: WITH_STANDBYS,
  }
}

const MINIMAL = '(?i)^minimal$'
const NOTHING = '^[ \\t]*[+-]?0+[ \\t]*[A-Za-z]*[ \\t]*$'

/** Whoever streams, some of them, or the first of them. Their names follow from the Database's, so `*` says all there is to say. */
const QUORUM = '^([*]|((FIRST|ANY) )?[1-4] ?[(][*][)])?$'

/**
 * Parameters without which standbys cannot be, and those by which a primary would wait for ever for standbys that are
 * not. What the manifests set themselves (archiving, recovery, `hot_standby`) is owned and needs no rule.
 *
 * A clone takes two senders, one for the files and one for the log that is written meanwhile; a standby that streams
 * takes one, and keeps one slot. All standbys may have to be cloned at once.
 * @see https://www.postgresql.org/docs/current/runtime-config-replication.html
 * @see https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-WAL-LEVEL
 */
const PARAMETER_RULES: readonly ParameterRule[] = [
  {
    name: 'wal_level',
    message:
      'parameters.wal_level must be replica or logical where replicas is more than 1: a minimal log holds too little for a standby',
    cel: `!TEXT.matches(${celString(MINIMAL)})`,
    holds: (text) => text.toLowerCase() !== 'minimal',
    where: WITH_STANDBYS,
  },
  atLeast('max_wal_senders', 2, 'one that is cloned takes two'),
  atLeast('max_replication_slots', 1, 'each has one, so that its log is kept'),
  {
    name: 'max_slot_wal_keep_size',
    message:
      'parameters.max_slot_wal_keep_size must not be 0 where replicas is more than 1: nothing would be kept for a standby that is away for a moment',
    cel: `!TEXT.matches(${celString(NOTHING)})`,
    holds: (text) => !new RegExp(NOTHING).test(text),
    where: WITH_STANDBYS,
  },
  {
    name: 'synchronous_standby_names',
    message:
      'parameters.synchronous_standby_names must be empty where replicas is 1: every commit would wait for a standby that will never come',
    cel: "TEXT == ''",
    holds: (text) => text === '',
    where: ALONE,
  },
  {
    name: 'synchronous_standby_names',
    message:
      'parameters.synchronous_standby_names must be * or a number of standbys that there are, for example ANY 1 (*): a commit waits for ever for more',
    cel: `TEXT.matches(${celString(QUORUM)}) && int('0' + TEXT.find('[0-9]')) < self.replicas`,
    holds: (text, standbys) => new RegExp(QUORUM).test(text) && Number(/[0-9]/.exec(text)?.[0] ?? 0) <= standbys,
    where: WITH_STANDBYS,
  },
]

const standbysOf = ({ replicas }: ReplicationShape): number => (replicas ?? 1) - 1

/**
 * The parameters that do not go together with replication as the spec asks for it.
 * @see https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-SUMMARIZE-WAL
 */
export const REPLICATION_RULES: readonly Rule<ReplicationShape>[] = [
  ...PARAMETER_RULES.map(({ name, message, cel, holds, where }): Rule<ReplicationShape> => {
    const text = `self.parameters[${celString(name)}]`
    return {
      cel: `!(${where.cel}) || !has(self.parameters) || !(${celString(name)} in self.parameters) || (${cel.replaceAll('TEXT', text)})`,
      message,
      holds: (spec) => {
        const value = spec.parameters?.[name]
        return value === undefined || !where.holds(standbysOf(spec)) || holds(value, standbysOf(spec))
      },
    }
  }),
  {
    cel: `self.replicas > 1 || !has(self.parameters) || !('wal_level' in self.parameters) || !self.parameters['wal_level'].matches(${celString(MINIMAL)}) || ('max_wal_senders' in self.parameters && self.parameters['max_wal_senders'] == '0')`,
    message: 'parameters.wal_level must not be minimal unless max_wal_senders is 0: PostgreSQL does not start',
    holds: (spec) =>
      standbysOf(spec) > 0 ||
      spec.parameters?.['wal_level']?.toLowerCase() !== 'minimal' ||
      spec.parameters['max_wal_senders'] === '0',
  },
  {
    cel: `!has(self.parameters) || !('wal_level' in self.parameters) || !self.parameters['wal_level'].matches(${celString(MINIMAL)}) || !('summarize_wal' in self.parameters) || !self.parameters['summarize_wal'].matches(${celString(`(?i)${SWITCHED_ON}`)})`,
    message: 'parameters.summarize_wal must be off where wal_level is minimal: PostgreSQL does not start',
    holds: ({ parameters = {} }) =>
      parameters['wal_level']?.toLowerCase() !== 'minimal' ||
      !new RegExp(SWITCHED_ON, 'i').test(parameters['summarize_wal'] ?? 'off'),
  },
]
