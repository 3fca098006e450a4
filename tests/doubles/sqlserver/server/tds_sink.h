#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doubles/sqlserver/exec/response.h"
#include "doubles/sqlserver/server/tds_channel.h"
#include "doubles/sqlserver/tds/token_writer.h"

namespace dbstow::doubles::sqlserver {

/// One answer as tokens. Nothing is sent before `Flush` or `Finish`, so that nobody waits for a
/// slow client while holding a lock.
class TdsSink final : public ResponseSink {
 public:
  TdsSink(TdsChannel& channel, TokenWriter& writer, DoneToken token)
      : channel_(channel), writer_(writer), token_(token) {}

  void Message(const SqlError& message, int line) override;
  void Columns(const std::vector<Column>& columns) override;
  void Row(const std::vector<Value>& values) override;
  void Done(const Completion& completion) override;
  void Changed(Change change, const std::string& now, const std::string& before) override;
  void Flush() override;

  /// The end of a procedure: what it returned, its output, DONEPROC.
  struct Output {
    std::string name;
    SqlType type;
    Value value;
  };
  void EndProcedure(int status, const std::vector<Output>& outputs);
  /// The last token goes out without its MORE bit; the acknowledgement of an attention follows as a
  /// message of its own.
  [[nodiscard]] Result<void> Finish(bool attention);
  /// False once something could not be sent.
  [[nodiscard]] bool alive() const { return alive_; }

 private:
  struct Held {
    DoneToken token = DoneToken::kDone;
    std::uint16_t status = 0;
    std::uint16_t command = 0;
    std::uint64_t rows = 0;
  };
  void Release(bool more);

  TdsChannel& channel_;
  TokenWriter& writer_;
  DoneToken token_;
  std::optional<Held> held_;
  std::vector<Column> columns_;
  bool failed_ = false;
  bool alive_ = true;
};

}  // namespace dbstow::doubles::sqlserver
