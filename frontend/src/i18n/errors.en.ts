interface ErrorText {
  title: string;
  help: string;
}

/** One text for every code of the server, of a run and of this program. */
export const errorsEn = {
  address_taken: {
    title: "The network address is taken",
    help: "Another program listens there. Choose another port in the settings.",
  },
  api_key_invalid: {
    title: "The key cannot be created",
    help: "Give it a name, and an expiry in the future or none.",
  },
  api_key_not_found: {
    title: "This key does not exist any more",
    help: "It was probably revoked by somebody else. Reload the list.",
  },
  attempt_not_current: {
    title: "Another attempt had taken over",
    help: "Nothing of this attempt was published. The newer attempt shows the outcome.",
  },
  attempts_used_up: {
    title: "All attempts were used up",
    help: "Look at the attempts for the cause, then run the job again.",
  },
  authentication_required: {
    title: "You are not logged in",
    help: "Your session has ended. Log in again; what you typed is kept in this tab.",
  },
  backfill_invalid: {
    title: "This range cannot be read again",
    help: "Correct the marked field. A backfill has at most 1,000 runs.",
  },
  backfill_not_active: {
    title: "This backfill has ended",
    help: "There is nothing left to cancel.",
  },
  backfill_not_found: {
    title: "This backfill does not exist",
    help: "Reload the list.",
  },
  backfill_unsuitable: {
    title: "The tables of this job cannot be filled day by day",
    help: "The message says which table and why; change it, or take one run for all days.",
  },
  backfill_without_dates: {
    title: "What is read does not depend on the days",
    help: "Use :inicio and :fim, or other dates, in the query or condition first.",
  },
  bad_request: {
    title: "The server did not understand the request",
    help: "Reload the page. If it happens again, the log tells more.",
  },
  body_too_large: {
    title: "Too much data in one request",
    help: "Shorten the text and try again.",
  },
  business_day_missing: {
    title: "The calendar has no such business day",
    help: "Look at the calendar's weekend and days: it has none for more than a year, or none in the month.",
  },
  business_days_invalid: {
    title: "These business days cannot be used",
    help: "Give numbers from 1 (the first) or -1 (the last), and times such as 06:30.",
  },
  calendar_changed: {
    title: "Somebody else saved this calendar meanwhile",
    help: "Reload it and repeat your change.",
  },
  calendar_exists: {
    title: "There is already a calendar of this name",
    help: "Choose another name.",
  },
  calendar_in_use: {
    title: "Jobs still use this calendar",
    help: "Choose another calendar in these jobs first.",
  },
  calendar_invalid: {
    title: "The calendar cannot be saved like this",
    help: "Correct the marked field.",
  },
  calendar_lines_invalid: {
    title: "Some lines hold no day",
    help: "Nothing was added. Write one day a line, such as 25/12/2026;Natal.",
  },
  calendar_not_found: {
    title: "This calendar does not exist any more",
    help: "It was probably deleted by somebody else. Reload the list.",
  },
  calendar_required: {
    title: "A calendar is missing",
    help: "Business days are counted by a calendar. Choose one.",
  },
  cancelled: {
    title: "Cancelled on request",
    help: "The query was stopped in the database. The earlier file stays as it was.",
  },
  channel_address_refused: {
    title: "This address is not allowed",
    help: "No message may go to it. Enter another one.",
  },
  channel_busy: {
    title: "The server asks to be tried later",
    help: "It is tried again by itself, with growing pauses.",
  },
  channel_exists: {
    title: "There is already a channel with this name",
    help: "Choose another name.",
  },
  channel_in_use: {
    title: "Rules send to this channel",
    help: "Delete these rules, or let them send elsewhere.",
  },
  channel_invalid: {
    title: "The channel cannot be used like this",
    help: "Correct the marked fields.",
  },
  channel_login_failed: {
    title: "The server refused the login",
    help: "Check user, password, token or address of the channel. Many mail services want an app password.",
  },
  channel_not_found: {
    title: "This channel is not there any more",
    help: "Somebody may have deleted it. Reload the list.",
  },
  channel_refused: {
    title: "The server refused the message",
    help: "The message says what it answered. Check the channel's settings.",
  },
  channel_secret_required: {
    title: "Enter the secret",
    help: "The channel does not work without it, and it does not follow to another server.",
  },
  channel_unreachable: {
    title: "The server of the channel does not answer",
    help: "Check address, port and network. It is tried again by itself.",
  },
  character_not_encodable: {
    title: "The file's encoding lacks a character",
    help: "The message says which character, in which row and column. Choose UTF-8 with BOM, or let the dialect replace such characters.",
  },
  comparison_too_long: {
    title: "The comparison took too long",
    help: "Nothing was changed. Try again when the server has less to do.",
  },
  column_unknown: {
    title: "The dataset has no such column",
    help: "Remove the filter or sort, or choose a column that is there.",
  },
  connection_exists: {
    title: "There is already a connection with this name",
    help: "Choose another name.",
  },
  connection_not_usable: {
    title: "This connection is not for you",
    help: "Ask root, or somebody who may use it, to add your role or name to it.",
  },
  connection_in_use: {
    title: "Jobs still use this connection",
    help: "Give these jobs another connection first.",
  },
  connection_invalid: {
    title: "The connection is not complete",
    help: "Correct the marked fields.",
  },
  connection_not_found: {
    title: "This connection does not exist any more",
    help: "Choose another connection.",
  },
  connection_required: {
    title: "Which connection?",
    help: "Choose the connection this job reads from.",
  },
  cron_invalid: {
    title: "The cron text cannot be used",
    help: "Five fields: minute, hour, day, month, weekday. Example: 30 6 * * MON-FRI.",
  },
  cross_site: {
    title: "The request came from another site",
    help: "Open the interface at the server's own address and try again.",
  },
  csv_folder_failed: {
    title: "The folder of the files cannot be used",
    help: "Look at its rights and at the room on the disk. It is tried again.",
  },
  cursor_expired: {
    title: "These pages are gone",
    help: "A newer version took their place. Begin again with the first page.",
  },
  cursor_invalid: {
    title: "This page does not exist",
    help: "Follow the links of the pages, or begin again with the first.",
  },
  data_query_timeout: {
    title: "Filtering or sorting took too long",
    help: "Narrow the filters, or sort by fewer columns.",
  },
  date_needs_calendar: {
    title: "The query counts business days, and the job has no calendar",
    help: "Choose the job's calendar in its schedule.",
  },
  job_version_not_found: {
    title: "This version of the job does not exist",
    help: "Reload the list of versions.",
  },
  notification_failed: {
    title: "The notification was not sent",
    help: "Look at the message, and send it again when the cause is gone.",
  },
  notification_not_found: {
    title: "This notification is not there any more",
    help: "Old ones are deleted. Reload the list.",
  },
  notification_rule_invalid: {
    title: "The rule cannot be saved",
    help: "Correct the marked fields.",
  },
  notification_rule_not_found: {
    title: "This rule is not there any more",
    help: "Somebody may have deleted it. Reload the list.",
  },
  notification_under_way: {
    title: "The notification cannot be sent now",
    help: "It is just being sent, or its channel was deleted.",
  },
  own_proposal: {
    title: "This is your own proposal",
    help: "Somebody else must approve it.",
  },
  proposal_decided: {
    title: "Somebody has decided already",
    help: "Reload the list to see the decision.",
  },
  proposal_empty: {
    title: "The proposal changes nothing",
    help: "Change at least one field.",
  },
  proposal_not_found: {
    title: "This proposal does not exist any more",
    help: "Reload the list of proposals.",
  },
  proposal_outdated: {
    title: "The job has changed since",
    help: "Refuse the proposal and have it made again on the present version.",
  },
  recipients_refused: {
    title: "The server did not take all recipients",
    help: "The message names them. Correct the addresses in the rule or the channel.",
  },
  sql_invalid: {
    title: "The SQL cannot run",
    help: "Correct the text at the place that is shown.",
  },
  sql_not_a_select: {
    title: "Only one SELECT is allowed here",
    help: "Send exactly one SELECT; nothing can be changed by SQL over datasets.",
  },
  sql_refused: {
    title: "A function may not be used here",
    help: "Leave out functions that read files, settings or wait.",
  },
  sql_table_unknown: {
    title: "No such dataset",
    help: "Write the dataset’s name as it is listed, in double quotes.",
  },
  sql_result_too_large: {
    title: "The result is too large",
    help: "Choose fewer columns or rows, or group them.",
  },
  sql_process_lost: {
    title: "The SQL needed more than it may take",
    help: "Read less of the datasets, or write it in simpler steps.",
  },
  odata_query_invalid: {
    title: "The OData query cannot be read",
    help: "Correct the query option that is named.",
  },
  odata_not_supported: {
    title: "This part of OData is not supported",
    help: "Leave the option out, or use the data API.",
  },
  odata_not_found: {
    title: "Nothing at this OData address",
    help: "Look at the service document for what there is.",
  },
  odata_page_gone: {
    title: "The dataset was published anew meanwhile",
    help: "Load it again from the start.",
  },
  odata_version_unsupported: {
    title: "The client is too old",
    help: "Use a client of OData 4.",
  },
  opening_file_unknown: {
    title: "No file of this kind",
    help: "Write .odc, .pbids or .pq behind the name.",
  },
  data_query_too_large: {
    title: "Filtering or sorting needs too much memory",
    help: "Narrow the filters, or sort by fewer columns.",
  },
  dataset_being_prepared: {
    title: "The dataset is being prepared for filters",
    help: "This happens once for each large version. Try again in a few seconds.",
  },
  dataset_file_missing: {
    title: "The file of this dataset is missing on the server",
    help: "Run its job again.",
  },
  dataset_name_invalid: {
    title: "No dataset can have this name",
    help: "Open the dataset from the list.",
  },
  dataset_not_found: {
    title: "There is no such dataset",
    help: "Its job has not published anything yet, or the dataset was removed.",
  },
  dataset_unreadable: {
    title: "The file of this dataset cannot be read",
    help: "Run its job again; a file from elsewhere must be UTF-8 with ; between columns.",
  },
  date_column_invalid: {
    title: "Rows have no date",
    help: "Check the date column of the job, and leave rows without a date out in the query.",
  },
  date_expression_unknown: {
    title: "The query names a date that does not exist",
    help: "Use one of the names in the list, such as :hoje or :inicio_mes.",
  },
  delivery_abandoned: {
    title: "The delivery was handed on",
    help: "A newer version or another worker took over.",
  },
  delivery_failed: {
    title: "The delivery failed",
    help: "The details say why.",
  },
  delivery_not_failed: {
    title: "There is nothing to try again",
    help: "The delivery is under way or done.",
  },
  delivery_not_found: {
    title: "This delivery does not exist",
    help: "Reload the list.",
  },
  delivery_not_verified: {
    title: "What arrived is not what was sent",
    help: "It was not put in place and is sent again.",
  },
  delivery_outdated: {
    title: "This version is not the current one any more",
    help: "The current version has a delivery of its own.",
  },
  delivery_source_unfit: {
    title: "The file of the version cannot be sent",
    help: "It is gone or damaged. Run the job again.",
  },
  dependency_cycle: {
    title: "The jobs would wait for each other",
    help: "The message names the way round. Take one of them out.",
  },
  dependency_invalid: {
    title: "A job to run after cannot be used",
    help: "Choose an existing job, each one once.",
  },
  dialect_column_unknown: {
    title: "The query does not return a chosen column",
    help: "Correct the column's name in the dialect, or in the query.",
  },
  dialect_invalid: {
    title: "The form of the text file cannot be used",
    help: "Correct the marked fields.",
  },
  diff_key_not_unique: {
    title: "This key does not tell rows apart",
    help: "Several rows share it. Add a column to the key.",
  },
  diff_key_required: {
    title: "Say which columns identify a row",
    help: "Choose one of the offered keys, or enter the names of columns.",
  },
  diff_key_unknown: {
    title: "A column of the key is not in both versions",
    help: "Choose columns that both versions have.",
  },
  disk_full: {
    title: "The disk is full",
    help: "Free some space on the server and run the job again. The earlier file is untouched.",
  },
  embedded_postgres_failed: {
    title: "The embedded database does not start",
    help: "The log of the server says why.",
  },
  export_path_outside_roots: {
    title: "Exporting to this folder is not allowed",
    help: "Choose a folder below the export folder, or have data_api.export_roots extended.",
  },
  export_target_not_a_file: {
    title: "The target is not a file",
    help: "A folder has the name of the export. Choose another file name.",
  },
  failpoint: {
    title: "A fault was injected on purpose",
    help: "This happens only in tests.",
  },
  file_form_invalid: {
    title: "Format and compression do not go together",
    help: "Choose another format, or no compression.",
  },
  file_not_written: {
    title: "The file could not be written",
    help: "Check the folder and its rights on the server, then run the job again.",
  },
  filter_operator_unfit: {
    title: "This filter does not go with the column",
    help: "Choose another filter for this type of column.",
  },
  filter_operator_unknown: {
    title: "There is no such filter",
    help: "Choose one of the filters that are offered.",
  },
  filter_value_invalid: {
    title: "The value does not fit the column",
    help: "Write numbers with a decimal point, dates as 31/01/2024.",
  },
  flag_invalid: { title: "A switch has a wrong value", help: "It must be Y or N." },
  folder_not_writable: {
    title: "The folder is not writable",
    help: "Give the account of the server the right to write there.",
  },
  forbidden: {
    title: "Your role may not do this",
    help: "Ask a moderator or an administrator.",
  },
  format_unknown: {
    title: "There is no such form of a dataset",
    help: "Choose one of the downloads that are offered.",
  },
  gate_open: {
    title: "The period was not closed in time",
    help: "Units were still open at the deadline; the message names them. Run the job again once they have closed.",
  },
  gate_unreadable: {
    title: "The answer of the parameter cannot be read",
    help: "It must have the columns INSTANCIA and VALOR, and a date in VALOR.",
  },
  guard_failed: {
    title: "A guard held the new version back",
    help: "Readers keep the version before. Look at the findings, then release or discard the new one.",
  },
  headers_too_large: {
    title: "The request is too large",
    help: "Shorten the search, or delete the cookies of this address and log in again.",
  },
  host_not_allowed: {
    title: "The server does not go by this name",
    help: "Open it at its own address, or ask whoever runs it to add the name to security.hosts.",
  },
  internal_error: {
    title: "Something failed in the server",
    help: "Nothing was changed. The log has the details under the number shown.",
  },
  interval_invalid: {
    title: "The interval cannot be used",
    help: "Choose 1 to 10080 minutes.",
  },
  invalid_json: {
    title: "The server could not read the request",
    help: "Reload the page and try again.",
  },
  job_deleted: {
    title: "The job was deleted",
    help: "The run was cancelled because its job does not exist any more.",
  },
  job_has_followers: {
    title: "Other jobs run after this one",
    help: "They would not be started any more. Take it out of them first, or delete it all the same.",
  },
  job_incomplete: {
    title: "The job is not complete",
    help: "It needs a query and a connection.",
  },
  job_invalid: { title: "The job cannot be saved", help: "Correct the marked fields." },
  job_not_executable: {
    title: "The job cannot be run as it is",
    help: "Open the job and correct what the message names.",
  },
  job_not_found: {
    title: "This job does not exist any more",
    help: "Somebody deleted it. Its runs and its dataset are still there.",
  },
  job_without_slots: {
    title: "An active job must say when it runs",
    help: "Choose at least one weekday, hour and minute, or save it as inactive.",
  },
  key_action_refused: {
    title: "This key is not for that",
    help: "Make a key whose actions include it, or use another one.",
  },
  key_column_unknown: {
    title: "A column of the key is missing in the result",
    help: "Choose key columns that the query returns.",
  },
  key_network_refused: {
    title: "This key may not be used from here",
    help: "It is for other networks. Make one for this network.",
  },
  key_not_unique: {
    title: "Several rows have the same key",
    help: "Add a column to the key, or let the query return one row for each.",
  },
  kind_invalid: {
    title: "The kind of file does not go with the rest",
    help: "Correct the marked field.",
  },
  last_root: {
    title: "This is the only administrator",
    help: "Make somebody else administrator first.",
  },
  login_refused: {
    title: "The user name or the password is wrong",
    help: "Check both; capital letters count.",
  },
  lookup_failed: {
    title: "A look-up gave no answer",
    help: "The table stays as it was. Look at the service, or choose what to do when it fails.",
  },
  metadata_unavailable: {
    title: "The server waits for its database",
    help: "It usually comes back by itself within seconds.",
  },
  method_not_allowed: {
    title: "The server does not offer this",
    help: "Interface and server are of different versions. Reload the page.",
  },
  missing_fields: { title: "Something is missing", help: "Fill in the marked fields." },
  movement_column_unknown: {
    title: "A column does not fit",
    help: "Correct the columns of the table in the job: one is not there or takes no values.",
  },
  movement_invalid: {
    title: "The tables of the job are not right",
    help: "The places are named; correct them and save again.",
  },
  name_invalid: {
    title: "This name cannot be used",
    help: "Use letters, digits, blanks, - _ and . only, and no name Windows reserves.",
  },
  network: {
    title: "The server does not answer",
    help: "Check that it runs and that this computer reaches it. We keep trying.",
  },
  no_progress: {
    title: "The query stood still for too long",
    help: "It was stopped in the database and is tried again. Look for locks at the source, or raise the job's limit.",
  },
  not_found: { title: "There is nothing here", help: "The address may be old." },
  option_root_only: {
    title: "Only an administrator may set this option",
    help: "It names a library the server loads.",
  },
  outgoing_address_refused: {
    title: "The server does not call this address",
    help: "Use a public https:// address, or have the host added to security.outgoing_hosts.",
  },
  outgoing_failed: {
    title: "The other web server did not answer",
    help: "Check the address and whether that server is reachable, then try again.",
  },
  own_account: {
    title: "Nobody can delete their own account",
    help: "Ask another administrator.",
  },
  page_invalid: { title: "There is no such page", help: "Go back to the first page." },
  parameter_exists: {
    title: "There is already a parameter with this name",
    help: "Choose another name.",
  },
  parameter_in_use: {
    title: "Jobs still use this parameter",
    help: "Take it from these jobs first.",
  },
  parameter_invalid: { title: "The parameter cannot be saved", help: "It needs a name." },
  parameter_sets_invalid: {
    title: "The parameter sets cannot be saved",
    help: "The fields name row and column. Each parameter needs a name and a type, each set a label and a value for every parameter.",
  },
  parameter_not_found: {
    title: "This parameter does not exist any more",
    help: "Choose another parameter.",
  },
  part_unknown: {
    title: "The dataset is several files",
    help: "Choose one of them; the message lists them.",
  },
  password_change_required: {
    title: "Choose your own password first",
    help: "Until you replace the password you were given, nothing else answers.",
  },
  password_common: {
    title: "This password is tried first by everybody",
    help: "Choose another one: a few words that belong together only for you are good.",
  },
  password_refused: {
    title: "This password cannot be used",
    help: "A password has 8 to 200 characters.",
  },
  password_required: {
    title: "Enter the password again",
    help: "The server changed, so the stored password is not sent there by itself.",
  },
  query_empty: { title: "There is no query", help: "Write one SELECT." },
  query_invalid: {
    title: "The database does not understand the query",
    help: "Correct it where the message points to; it may be a misspelt name.",
  },
  query_multiple_statements: {
    title: "There is more than one statement",
    help: "A job runs exactly one. Remove everything after the first semicolon.",
  },
  plan_not_permitted: {
    title: "The account may not have plans made",
    help: "The query itself may run. Its plan needs more rights; ask the administrator of the database.",
  },
  query_not_divisible: {
    title: "This query cannot be read over two connections",
    help: "Choose a number or date column that comes from a table as it is, take LIMIT and window functions out of the query, or read over one connection.",
  },
  query_not_select: {
    title: "Only reading is allowed",
    help: "The query must start with SELECT or WITH and change nothing.",
  },
  query_refused: {
    title: "This query is refused",
    help: "It may do more than read, or its result cannot be exported faithfully.",
  },
  query_unbalanced: {
    title: "Something is not closed",
    help: "Look for a missing quote, parenthesis or end of comment.",
  },
  range_invalid: {
    title: "The range of days cannot be used",
    help: "Choose days such as 2026-03-01, the first one first.",
  },
  range_not_satisfiable: {
    title: "The file has no such part",
    help: "It was probably replaced meanwhile. Start the download again.",
  },
  range_too_long: {
    title: "The range of days is too long",
    help: "Choose at most 31 days.",
  },
  rate_limited: {
    title: "Too many requests in a minute",
    help: "Wait a few seconds, or read more rows with each request.",
  },
  revision_conflict: {
    title: "Somebody else saved this job meanwhile",
    help: "Compare both versions and decide which one stays.",
  },
  rows_after_window: {
    title: "The query read beyond the days of the backfill",
    help: "Those rows are in the file already. Read up to :fim alone.",
  },
  rows_before_window: {
    title: "The query read more than its window",
    help: "Name :inicio and :fim in the WHERE, so that only new days are read.",
  },
  run_already_active: {
    title: "The job already has a run that waits or works",
    help: "Wait for it to end, or cancel it.",
  },
  run_not_active: {
    title: "The run has already ended",
    help: "There is nothing left to cancel.",
  },
  run_not_found: {
    title: "There is no such run",
    help: "Old runs are removed after a while.",
  },
  schedule_invalid: {
    title: "The schedule cannot be used",
    help: "Choose weekdays, hours and minutes, or none of them.",
  },
  schedule_kind_conflict: {
    title: "More than one kind of schedule",
    help: "Keep weekdays and times, or a cron text, or an interval.",
  },
  schema_too_new: {
    title: "The database belongs to a newer version",
    help: "Start the newer version of the program.",
  },
  secret_key_elsewhere: {
    title: "The secret key is set elsewhere",
    help: "Set both variables the message names, then run the command again.",
  },
  secret_unreadable: {
    title: "The stored password cannot be opened",
    help: "The secret key of the server has changed. Enter the password again.",
  },
  server_busy: { title: "The server is too busy", help: "Try again in a few seconds." },
  session_not_found: {
    title: "This session has already ended",
    help: "Reload the list.",
  },
  set_unknown: {
    title: "There is no such set",
    help: "The job has no parameter set with this label; look at its list of sets.",
  },
  sets_failed: {
    title: "Some sets failed",
    help: "Their files stayed as they were, the others are published. The list of sets says why; run the failed ones again.",
  },
  sets_share_file: {
    title: "Two sets would write the same file",
    help: "The message names both. Put into the name what tells them apart, such as {label}.",
  },
  sets_unreadable: {
    title: "The answer of the query for the sets cannot be used",
    help: "It needs a column for each parameter, at least one row, and labels that differ. Nothing was run.",
  },
  settings_invalid: {
    title: "The settings file has faults",
    help: "Correct what the message names in datafile.json.",
  },
  sheet_too_small: {
    title: "The data do not fit into a spreadsheet",
    help: "The message says where. Choose another format, or select less.",
  },
  source_cancelled: {
    title: "The query was stopped",
    help: "Somebody or something stopped it in the database.",
  },
  source_driver_missing: {
    title: "A driver for this database is missing on the server",
    help: "For old Oracle servers set INSTANT_CLIENT to the folder of the Instant Client.",
  },
  source_failed: {
    title: "The database reported an error",
    help: "The message of the database is shown below.",
  },
  source_login_failed: {
    title: "The database refused the login",
    help: "Correct user and password of the connection. It is not retried: accounts get locked.",
  },
  source_table_unknown: {
    title: "The source has no such table",
    help: "Correct its name, or ask for the right to read it.",
  },
  source_timeout: {
    title: "The query took too long",
    help: "It was stopped at its time limit. Make it faster or raise the limit of the job.",
  },
  source_unreachable: {
    title: "The database cannot be reached",
    help: "Check host, port, network and firewall, and whether the database runs.",
  },
  sync_key_not_unique: {
    title: "The key does not tell rows apart",
    help: "Nothing was changed. Choose key columns that are filled and differ in every row.",
  },
  lookup_input_missing: {
    title: "There is no value to try with",
    help: "The first row has none for a column the request names. Enter one.",
  },
  part_stopped: {
    title: "A part of the table was stopped",
    help: "Another part of the same table failed; its message says why.",
  },
  tables_differ: {
    title: "Source and target would differ",
    help: "Nothing was changed. Look for triggers or rules at the target and run the job again.",
  },
  tables_failed: {
    title: "Some tables failed",
    help: "They stayed as they were, the others are done. The list of tables says why.",
  },
  target_busy: {
    title: "An earlier run still holds the target",
    help: "Its sessions do not end there. The run is tried again.",
  },
  target_exists: {
    title: "There is already a target with this name",
    help: "Choose another name.",
  },
  target_full: {
    title: "The target is full",
    help: "Make room there. It is tried again by itself.",
  },
  target_host_key_changed: {
    title: "The server answers with another key",
    help: "No secret was sent. If it was set up anew, confirm the new key.",
  },
  target_host_key_unknown: {
    title: "Nobody has confirmed the key of this server",
    help: "Test the target, compare the fingerprint and confirm it.",
  },
  target_in_use: {
    title: "Jobs deliver to this target",
    help: "Take the target out of these jobs first.",
  },
  target_invalid: {
    title: "The target cannot be saved",
    help: "Correct the marked fields.",
  },
  target_kind_unsupported: {
    title: "Tables cannot be moved to this database",
    help: "Choose a PostgreSQL connection as the target.",
  },
  target_login_failed: {
    title: "The target does not accept the login",
    help: "Check user and secret of the target, then try the delivery again.",
  },
  target_not_found: {
    title: "This target does not exist any more",
    help: "Reload the list.",
  },
  target_not_writable: {
    title: "Jobs may not write to this connection",
    help: "A moderator allows it in the connection itself: “Jobs may write”.",
  },
  target_path_taken: {
    title: "Another job writes this file already",
    help: "Choose another path at this target.",
  },
  target_refused: {
    title: "The target does not take the file",
    help: "The folder or bucket is missing, or the account may not write there.",
  },
  target_secret_required: {
    title: "Enter the secret again",
    help: "The server changed, and the stored secret does not follow to another one.",
  },
  target_table_missing: {
    title: "The target has no such table",
    help: "Create it there, or let the transfer create missing tables.",
  },
  target_taken: {
    title: "Another job already exports to this file",
    help: "Choose another folder or file name.",
  },
  target_unreachable: {
    title: "The target does not answer",
    help: "Look at address, network and the mounted share. It is tried again by itself.",
  },
  text_invalid: {
    title: "A text holds characters that cannot be stored",
    help: "Remove invisible characters, for instance by pasting as plain text.",
  },
  time_zone_unknown: {
    title: "There is no such time zone",
    help: "Choose one from the list, for instance America/Sao_Paulo.",
  },
  too_many_attempts: {
    title: "Too many failed logins",
    help: "Wait a moment before you try again.",
  },
  too_many_filters: {
    title: "There are too many filters",
    help: "Remove some of them.",
  },
  too_many_sets: {
    title: "There are too many sets",
    help: "A run makes at most 1,000 files. Make several jobs, each with a part of the sets.",
  },
  too_many_parts: {
    title: "The result would become too many files",
    help: "Take more rows for each file, or read fewer months.",
  },
  too_many_at_once: {
    title: "You have too many of these under way",
    help: "Wait for one to end, then try again.",
  },
  too_many_streams: {
    title: "All live connections of the server are taken",
    help: "The page reads again every few seconds instead.",
  },
  unexpected_answer: {
    title: "The server gave an answer this page does not understand",
    help: "A proxy may have answered instead, or the page is old. Reload it.",
  },
  unknown_connection_kind: {
    title: "There is no driver for this kind of database",
    help: "Choose PostgreSQL or Oracle.",
  },
  unsupported_media_type: {
    title: "The server expects another form of data",
    help: "Reload the page and try again.",
  },
  user_exists: { title: "There is already a user with this name", help: "Choose another name." },
  user_invalid: { title: "The user cannot be saved", help: "Correct the marked fields." },
  user_not_found: {
    title: "This user does not exist any more",
    help: "Reload the list.",
  },
  validation_failed: { title: "Some fields have faults", help: "Correct the marked fields." },
  validity_invalid: {
    title: "The first or last day cannot be used",
    help: "The last day must not lie before the first.",
  },
  value_not_representable: {
    title: "A column of the file cannot keep one of its values",
    help: "Round or cast it in the query, turn it into text there, or choose another format.",
  },
  version_before_replaced: {
    title: "Another version was published meanwhile",
    help: "Run the job again.",
  },
  version_before_unfit: {
    title: "Earlier rows do not fit the new ones",
    help: "Undo the change of columns or dialect, or load everything again.",
  },
  version_held: {
    title: "A guard holds this version back",
    help: "Release it instead of restoring it.",
  },
  version_not_found: {
    title: "This version does not exist",
    help: "Reload the list.",
  },
  version_not_held: {
    title: "This version is not held back",
    help: "Somebody may have decided already. Reload the list.",
  },
  version_not_newer: {
    title: "Newer data is published already",
    help: "A held version never replaces newer data. Discard it.",
  },
  version_removed: {
    title: "The file of this version was deleted",
    help: "Only what is known of it is kept. Choose another version.",
  },
  versions_unrelated: {
    title: "These versions belong to different datasets",
    help: "Choose two versions of one dataset.",
  },
  window_empty: {
    title: "There was nothing to read",
    help: "Every day up to the end of the window is loaded. Set the last loaded day back to read again.",
  },
  worker_lost: {
    title: "The worker stopped answering",
    help: "It was killed, frozen or cut off. Nothing half-done was published; the run is repeated.",
  },
  worker_stopped: {
    title: "The worker was stopped during the run",
    help: "The run is repeated when a worker is back.",
  },
  wrong_password: {
    title: "The current password is wrong",
    help: "Nothing was changed.",
  },
} satisfies Record<string, ErrorText>;
