#include "engines/postgres/pg_session.h"

#include <libpq-fe.h>

#include <charconv>
#include <optional>
#include <span>

#include "engines/postgres/pg_link.h"

namespace dbstow::postgres {

PgRows::PgRows(pg_result* taken) : result_(taken) {}
void PgRows::Clear::operator()(pg_result* result) const { PQclear(result); }
int PgRows::size() const { return PQntuples(result_.get()); }
std::string_view PgRows::Text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}
bool PgRows::IsNull(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}
std::int64_t PgRows::Integer(int row, int column) const {
  const std::string_view text = Text(row, column);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}
std::uint64_t PgRows::affected() const {
  const std::string_view text(PQcmdTuples(result_.get()));
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

PgSession::PgSession(std::unique_ptr<PgLink> link) : link_(std::move(link)) {}
PgSession::~PgSession() = default;

Result<std::unique_ptr<PgSession>> PgSession::Open(const ConnectionInfo& connection,
                                                   const OperationContext& context,
                                                   int lock_timeout_ms) {
  auto link = std::make_unique<PgLink>(connection, context, lock_timeout_ms);
  DBSTOW_TRY(link->Connect());
  return std::unique_ptr<PgSession>(new PgSession(std::move(link)));
}

Result<PgRows> PgSession::Query(const std::string& sql, const Parameters& parameters) {
  DBSTOW_TRY(link_->Send(sql, parameters));
  DBSTOW_ASSIGN(OwnedResult result, link_->ReceiveAll());
  return PgRows(result.release());
}

Result<void> PgSession::Run(const std::string& sql) {
  DBSTOW_TRY(link_->Send(sql));
  DBSTOW_ASSIGN(const OwnedResult last, link_->ReceiveAll());
  return {};
}

Result<void> PgSession::Commit() {
  auto done = Run("COMMIT");
  if (done || !broken()) return done;
  return std::move(done.error())
      .WithRetry(Retry::kOutcomeUnknown)
      .WithHint("the commit may or may not have happened: look before repeating");
}

Result<std::uint64_t> PgSession::CopyOut(const std::string& sql, const RowFunction& row) {
  DBSTOW_TRY(link_->Begin(sql, PGRES_COPY_OUT));
  for (;;) {
    char* data = nullptr;
    const int size = PQgetCopyData(link_->conn(), &data, 1);
    if (size > 0) {
      const std::unique_ptr<char, decltype(&PQfreemem)> owner(data, &PQfreemem);
      auto taken = row(std::as_bytes(std::span(data, static_cast<std::size_t>(size))));
      if (taken) continue;
      link_->Abandon();
      return std::move(taken).error();
    }
    if (size == 0) {
      DBSTOW_TRY(link_->AwaitInput());
      continue;
    }
    break;
  }
  DBSTOW_ASSIGN(OwnedResult last, link_->ReceiveAll());
  return PgRows(last.release()).affected();
}

Result<std::uint64_t> PgSession::CopyIn(const std::string& sql, const NextFunction& next) {
  DBSTOW_TRY(link_->Begin(sql, PGRES_COPY_IN));
  std::optional<Error> failure;
  for (;;) {
    auto bytes = next();
    if (!bytes) {
      failure = std::move(bytes).error();
      break;
    }
    if (bytes->empty()) break;
    const char* data = reinterpret_cast<const char*>(bytes->data());
    int put = 0;
    while ((put = PQputCopyData(link_->conn(), data, static_cast<int>(bytes->size()))) == 0) {
      DBSTOW_TRY(link_->Flush());
    }
    if (put < 0) return link_->Lost();
    DBSTOW_TRY(link_->Flush());
    if (link_->HasRefused()) break;
  }
  while (PQputCopyEnd(link_->conn(), failure ? "the source of the copy failed" : nullptr) == 0) {
    DBSTOW_TRY(link_->Flush());
  }
  DBSTOW_TRY(link_->Flush());
  auto last = link_->ReceiveAll();
  if (failure) return std::move(*failure);
  if (!last) return std::move(last).error();
  return PgRows(last->release()).affected();
}

int PgSession::version_number() const { return link_->version(); }
std::string PgSession::version_text() const { return link_->version_text(); }
std::string PgSession::encoding() const { return link_->is_raw() ? "SQL_ASCII" : "UTF8"; }
int PgSession::backend_pid() const {
  return link_->conn() == nullptr ? 0 : PQbackendPID(link_->conn());
}
bool PgSession::broken() const { return link_->conn() == nullptr; }
const ConnectionInfo& PgSession::connection() const { return link_->connection(); }
int PgSession::lock_timeout_ms() const { return link_->lock_timeout_ms(); }
std::vector<std::string> PgSession::TakeWarnings() { return link_->TakeWarnings(); }

}  // namespace dbstow::postgres
