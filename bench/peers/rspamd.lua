-- SPDX-License-Identifier: Apache-2.0
-- rspamd's parser over the files of $MAILS: MIME, charsets, HTML, URLs; no rules.
-- Run by: MAILS=FOLDER rspamadm lua -b rspamd.lua. Its start-up (13 s for the list of top-level
-- domains) is not counted.
local rspamd_task = require "rspamd_task"
local rspamd_url = require "rspamd_url"
local rspamd_util = require "rspamd_util"

rspamd_url.init("/usr/share/rspamd/effective_tld_names.dat")
local files = rspamd_util.glob(os.getenv("MAILS") .. "/*")
local mails, urls = 0, 0
local start = os.clock()
for _, file in ipairs(files) do
  local loaded, task = rspamd_task.load_from_file(file, rspamd_config)
  if loaded and task:process_message() then
    mails = mails + 1
    urls = urls + #task:get_urls()
    task:destroy()
  end
end
print(string.format("peer cpu %.6f mails %d urls %d", os.clock() - start, mails, urls))
