/** What the primary knows of one standby. */
export interface StandbyState {
  /** Name of its pod. */
  readonly pod: string
  /**
   * `streaming`: it is connected and gets what is written. `disconnected`: it is not, and the primary keeps the log for
   * it. `lost`: the primary has given up keeping it, so the standby must be cloned anew. `unknown`: it never came.
   */
  readonly state: 'streaming' | 'disconnected' | 'lost' | 'unknown'
  /** How far what it has on disk is behind the primary, in bytes; absent where the primary does not know. */
  readonly lagBytes?: number
}
