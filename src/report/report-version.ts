/** Version of the document that `-o json` prints. */
export const REPORT_API_VERSION = 'cli.database.example.com/v1'
