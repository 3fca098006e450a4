#pragma once

#include <memory>
#include <string>
#include <vector>

#include "doubles/sqlserver/exec/executor.h"
#include "support/fakes.h"

namespace dbstow::doubles::sqlserver {

/// What a batch answered.
struct Answer {
  std::vector<int> errors;  ///< numbers of severity over 10, in order
  std::vector<int> infos;   ///< the others
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  ///< of the last result; "NULL" for NULL

  [[nodiscard]] bool ok() const { return errors.empty(); }
  /// The only value of the only row; empty when there is none.
  [[nodiscard]] std::string value() const;
  /// By column name. The row and the column are there.
  [[nodiscard]] const std::string& at(std::size_t row, const std::string& column) const;
};

/// A session on a server in this process, without its network.
class InProcessSession {
 public:
  InProcessSession(Engine& engine, std::unique_ptr<Session> session)
      : engine_(engine), session_(std::move(session)) {}
  ~InProcessSession() { engine_.Logout(*session_); }
  InProcessSession(const InProcessSession&) = delete;
  InProcessSession& operator=(const InProcessSession&) = delete;

  [[nodiscard]] Answer Run(const std::string& sql);
  [[nodiscard]] int id() const { return session_->id; }
  /// The next statements are interrupted at their n-th look.
  void InterruptAfter(int looks) { looks_left_ = looks; }

 private:
  Engine& engine_;
  std::unique_ptr<Session> session_;
  int looks_left_ = -1;
};

class InProcessServer {
 public:
  explicit InProcessServer(std::string folder, InstanceSettings settings = {});

  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] std::unique_ptr<InProcessSession> Connect(const std::string& user = "sa",
                                                          const std::string& password = "");
  /// As a stop and a start.
  void Restart();

 private:
  void Open();

  std::string folder_;
  InstanceSettings settings_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace dbstow::doubles::sqlserver
