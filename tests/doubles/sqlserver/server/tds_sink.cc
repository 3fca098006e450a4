#include "doubles/sqlserver/server/tds_sink.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::uint8_t kDatabaseChange = 1;
constexpr std::uint8_t kBeginChange = 8;
constexpr std::uint8_t kCommitChange = 9;
constexpr std::uint8_t kRollbackChange = 10;

}  // namespace

void TdsSink::Release(bool more) {
  if (!held_) return;
  const std::uint16_t status = static_cast<std::uint16_t>(held_->status | (more ? kDoneMore : 0));
  writer_.Done(held_->token, status, held_->command, held_->rows);
  held_.reset();
}

void TdsSink::Message(const SqlError& message, int line) {
  Release(true);
  if (message.severity > 10) failed_ = true;
  writer_.Message(message, line);
}

void TdsSink::Columns(const std::vector<Column>& columns) {
  Release(true);
  columns_ = columns;
  writer_.Columns(columns);
}

void TdsSink::Row(const std::vector<Value>& values) { writer_.Row(columns_, values); }

void TdsSink::Done(const Completion& completion) {
  Release(true);
  Held done{token_, 0, completion.command, completion.rows};
  if (completion.counted) done.status |= kDoneCount;
  if (completion.failed) done.status |= kDoneError;
  held_ = done;
}

void TdsSink::Changed(Change change, const std::string& now, const std::string& before) {
  Release(true);
  switch (change) {
    case Change::kDatabase: return writer_.TextChange(kDatabaseChange, now, before);
    case Change::kBeginTransaction: return writer_.BytesChange(kBeginChange, now, before);
    case Change::kCommit: return writer_.BytesChange(kCommitChange, now, before);
    case Change::kRollback: return writer_.BytesChange(kRollbackChange, now, before);
  }
}

void TdsSink::Flush() {
  if (!alive_ || writer_.size() == 0) return;
  alive_ = channel_.Send(writer_.Take(), false).has_value();
}

void TdsSink::EndProcedure(int status, const std::vector<Output>& outputs) {
  Release(true);
  writer_.ReturnStatus(status);
  for (const Output& output : outputs) {
    writer_.ReturnValue(output.name, output.type, output.value);
  }
  held_ = Held{DoneToken::kDoneProc, static_cast<std::uint16_t>(failed_ ? kDoneError : 0), 0, 0};
}

Result<void> TdsSink::Finish(bool attention) {
  if (!held_) {
    held_ = Held{token_ == DoneToken::kDoneInProc ? DoneToken::kDoneProc : token_, 0, 0, 0};
  }
  Release(false);
  DBSTOW_TRY(channel_.Send(writer_.Take(), true));
  if (!attention) return {};
  writer_.Done(DoneToken::kDone, kDoneAttention, 0, 0);
  return channel_.Send(writer_.Take(), true);
}

}  // namespace dbstow::doubles::sqlserver
