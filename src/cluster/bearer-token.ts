/** Whether a token can stand in a header. Node's own complaint about one that cannot quotes the token. */
export function isToken(token: string): boolean {
  return /^[\u0021-\u007e]+$/.test(token)
}
