/** How the settings that a server runs with stand to the ones that are wanted. */
export type ConfigurationInUse =
  /** The server has taken the wanted files over. */
  | { readonly state: 'in-use' }
  /** It still runs with other ones: the kubelet has not delivered them, or nobody told the server. */
  | { readonly state: 'not-loaded'; readonly message: string }
  /** It does not take the file as a whole, and would not start with it. */
  | { readonly state: 'refused'; readonly message: string }
  /** It has taken the files over; a setting waits for a start that nobody planned. */
  | { readonly state: 'pending-restart'; readonly message: string }
  /** It has taken the files over and runs with another value of a setting all the same. */
  | { readonly state: 'not-in-effect'; readonly message: string }
