/** What people are told whose files hold nothing that can be decoded. */
export const jsonAdvice =
  'Events have to be JSON: a line each, in an array, or one after another. Convert other forms first, e.g. .evtx with "evtx_dump -o jsonl", the journal with "journalctl -o json", Zeek with "LogAscii::use_json=T", nginx with a log_format of escape=json';
