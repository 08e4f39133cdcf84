/** What Linux knows about a process: its peak memory and its processor time. */
import { readFileSync } from 'node:fs'

/** Figures of a process so far; zeros where the system does not say. */
export interface ProcessFigures {
  /**
   * Largest resident set. Not `ru_maxrss`: a child inherits the peak of the process that started it.
   * @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
   */
  readonly peakMemoryBytes: number
  /** User and system time, to a hundredth. */
  readonly cpuSeconds: number
}

/** Linux shows every program a clock of a hundred ticks. @see https://man7.org/linux/man-pages/man7/time.7.html */
const TICKS_PER_SECOND = 100

/** Looks at a process. */
export function processFigures(pid: number | undefined): ProcessFigures {
  const status = read(`/proc/${pid}/status`)
  // The name of the program, in parentheses, may hold anything.
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ')
  const [user, system] = [Number(fields[11] ?? 0), Number(fields[12] ?? 0)]
  return {
    peakMemoryBytes: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024,
    cpuSeconds: (user + system) / TICKS_PER_SECOND,
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It has ended, or there is no /proc.
    return ''
  }
}
