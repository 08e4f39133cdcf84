/**
 * Takes a secret's place in what people may see.
 * @param secret the value itself
 * @param written the value as it stands in the object, where that differs: base64 in the data of a Secret
 */
export type Hide = (secret: string, written?: string) => string

/** Words that make what is assigned to them a secret. */
const WORDS = [
  'passw(?:or)?d',
  'passphrase',
  'pwd',
  'secret',
  'token',
  'api[_-]?key',
  '(?:access|secret|private|account|shared|[_-])key',
  'key[_-]data',
].join('|')

/**
 * Every shape in which a secret stands within a longer text; what is hidden is the group of each. Lengths are bounded
 * because the text is often other people's, and must not cost more than a look.
 */
const SHAPES = [
  // scheme://user:password@host, up to the last @ of the word: passwords hold colons and slashes too
  String.raw`(?<=:\/\/[^\s:@\/'"]{0,256}:)(?<uri>[^\s'"<>]{1,1024})(?=@)`,
  // https://token@host
  String.raw`(?<=:\/\/)(?<userinfo>[\w.~%-]{20,512})(?=@)`,
  // password=…, "password": "…", token: …, ;Pwd=…, --password=…
  String.raw`(?<=(?:${WORDS})(?:\\{0,3}["'])?\s{0,8}[=:]\s{0,8})(?:\\{1,3}"(?<escaped>[^"]*?)\\{1,3}"|"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>(?:[^']|'')*)'|(?<bare>[^\s"'&;\\]+))`,
  // --password …
  String.raw`(?<=--[\w-]{0,40}(?:passw(?:or)?d|token|secret)\s{1,8})(?<flag>[^\s"'=-][^\s"']*)`,
  // a line of a pgpass file: host:port:database:user:password
  String.raw`(?<=^[^\s:]{1,253}:(?:\d{1,5}|\*):[^\s:]{1,63}:[^\s:]{1,63}:)(?<pgpass>\S+)$`,
  // Authorization: Bearer …
  String.raw`(?<=\b(?:bearer|basic)\s{1,8})(?<header>[\w.~+\/-]{16,}=*)`,
  String.raw`(?<pem>-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$(?![\s\S])))`,
  String.raw`(?<jwt>\beyJ[\w-]{10,4096}\.[\w-]{5,8192}(?:\.[\w-]*)?)`,
]

const ANY_SHAPE = new RegExp(SHAPES.map((shape) => `(?:${shape})`).join('|'), 'gim')

/** A text without the secrets that stand in it: passwords of URIs and connection strings, assignments, keys, tokens. */
export function hideInText(text: string, hide: Hide): string {
  return text.replaceAll(ANY_SHAPE, (match: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Readonly<Record<string, string | undefined>>
    const secret = Object.values(groups).find((group) => group !== undefined && group !== '')
    // A function, because `$&` in a replacement would mean something.
    return secret === undefined ? match : match.replace(secret, () => hide(secret))
  })
}
