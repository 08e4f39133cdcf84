/** Backups, valid and not, with what must be said about each. Part of the table in `specs.ts`. */
import type { SpecCase } from './specs.ts'

const accepted = (title: string, backup: object): SpecCase => ({ title, spec: { backup }, messages: [] })
const refused = (title: string, backup: object, ...messages: string[]): SpecCase => ({
  title,
  spec: { backup },
  messages,
})

const DUMPS = { schedule: '30 2 * * *', storage: { size: '20Gi' } }
const at = (schedule: string): object => ({ ...DUMPS, schedule })
const SCHEDULE =
  'backup.schedule must be a schedule as cron writes it, in numbers: minute, hour, day of month, month, day of week; for example 30 2 * * *, or @daily'
const TOGETHER = 'backup must name schedule and storage together: when a dump is made, and where it is put'
const NOTHING = 'backup must name schedule and storage for dumps, or volumeSnapshot, or all of them'
const RANGE = 'backup.schedule must name ranges from the lower number to the higher one'

export const BACKUPS: readonly SpecCase[] = [
  accepted('dumps', DUMPS),
  accepted('dumps with everything', {
    ...DUMPS,
    timeZone: 'America/Argentina/Buenos_Aires',
    suspend: true,
    retention: { count: 14, days: 30 },
    resources: { limits: { memory: '1Gi' } },
    storage: { size: '20Gi', storageClassName: 'slow' },
    volumeSnapshot: { className: 'fast', schedule: '0 */6 * * *', retain: 4 },
  }),
  accepted('snapshots alone', { volumeSnapshot: { className: 'fast', schedule: '@daily' } }),
  accepted('a schedule by its name', at('@weekly')),
  accepted('lists, ranges and steps', at('0,30 8-18/2 1-7,15 */3 1-5')),
  refused('neither', {}, NOTHING),
  refused('nowhere to put dumps', { schedule: '@daily' }, TOGETHER),
  refused('no time for dumps', { storage: { size: '1Gi' } }, TOGETHER, NOTHING),
  refused('a minute that no hour has', at('60 2 * * *'), SCHEDULE),
  refused('an hour that no day has', at('0 24 * * *'), SCHEDULE),
  refused('a day of week that not every cron has', at('0 2 * * 7'), SCHEDULE),
  refused('four fields', at('0 2 * *'), SCHEDULE),
  refused('six fields', at('0 0 2 * * *'), SCHEDULE),
  refused('two blanks', at('0  2 * * *'), SCHEDULE),
  refused('names of days', at('0 2 * * mon'), SCHEDULE),
  refused('an interval', at('@every 1h'), SCHEDULE),
  refused('a step of nothing', at('*/0 * * * *'), SCHEDULE),
  refused('a time zone in the schedule', at('TZ=UTC 0 2 * * *'), SCHEDULE),
  refused('a range backwards', at('0 2 * * 5-1'), RANGE),
  refused('a range backwards in a list, with a step', at('0 2 1,20-10/2 * *'), RANGE),
  refused(
    'the zone of whoever asks',
    { ...DUMPS, timeZone: 'Local' },
    'backup.timeZone must not be Local: name the zone, for example Europe/Berlin',
  ),
  refused(
    'a zone as an offset',
    { ...DUMPS, timeZone: '+02:00' },
    'backup.timeZone must be the name of a time zone, for example Europe/Berlin',
  ),
  refused('a retention of nothing', { ...DUMPS, retention: {} }, 'backup.retention must name count, days or both'),
  refused(
    'no dump kept',
    { ...DUMPS, retention: { count: 0 } },
    'spec.backup.retention.count: backup.retention.count must be at least 1',
  ),
  refused(
    'a retention of dumps without dumps',
    { retention: { count: 3 }, volumeSnapshot: { className: 'fast', schedule: '@daily' } },
    'backup.retention and backup.resources are about dumps: name schedule and storage too',
  ),
  refused(
    'too little room',
    { ...DUMPS, storage: { size: '1Mi' } },
    'backup.storage.size must be a quantity of at least 64Mi, for example 20Gi',
  ),
  refused(
    'a snapshot at no time',
    { volumeSnapshot: { className: 'fast', schedule: 'often' } },
    SCHEDULE.replace('backup.schedule', 'backup.volumeSnapshot.schedule'),
  ),
]
