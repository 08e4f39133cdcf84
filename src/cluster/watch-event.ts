import type { KubernetesObject } from '../api/object.ts'

/**
 * Which objects a list held. Whoever knows of others, because he wrote them himself, must forget those that are older
 * than the list: no event will come of their end.
 */
export type ListedObjects = Pick<ReadonlySet<string | undefined>, 'has'>

/** What a watch tells its reader. */
export type WatchEvent =
  /** An object is there that was not there before. */
  | { readonly type: 'added'; readonly object: KubernetesObject }
  | { readonly type: 'modified'; readonly object: KubernetesObject }
  /** The object is gone. Where the deletion itself was missed, `object` is its identity: names, uid, last version. */
  | { readonly type: 'deleted'; readonly object: KubernetesObject }
  /** Everything that existed when the collection was listed has been told; comes once after each listing. */
  | { readonly type: 'synced'; readonly resourceVersion: string; readonly listed?: ListedObjects }
  /**
   * The view is not fresh for now: listing or watching failed, and is tried again after `retryInMs`. A reader that waits
   * for one result may give up on an error that waiting does not cure; a controller reports it and goes on.
   */
  | { readonly type: 'interrupted'; readonly error: unknown; readonly retryInMs: number }
  /** The view is fresh again: the server accepted the watch after an interruption. */
  | { readonly type: 'resumed' }
