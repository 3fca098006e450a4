#include "doubles/sqlserver/testing/in_process_server.h"

#include <stdexcept>

#include "doubles/sqlserver/value/convert.h"

namespace dbstow::doubles::sqlserver {
namespace {

class Collector final : public ResponseSink {
 public:
  void Message(const SqlError& message, int) override {
    (message.severity > 10 ? answer.errors : answer.infos).push_back(message.number);
  }
  void Columns(const std::vector<Column>& columns) override {
    answer.columns = columns;
    answer.rows.clear();
  }
  void Row(const std::vector<Value>& values) override {
    std::vector<std::string> row;
    for (std::size_t i = 0; i < values.size(); ++i) {
      row.push_back(IsNull(values[i]) ? "NULL" : ToText(values[i], answer.columns[i].type));
    }
    answer.rows.push_back(std::move(row));
  }
  void Done(const Completion&) override {}
  void Changed(Change, const std::string&, const std::string&) override {}
  void Flush() override {}

  Answer answer;
};

class Countdown final : public Interruption {
 public:
  Countdown(int& left, const Session& session) : left_(left), session_(session) {}
  bool Interrupted() override {
    if (left_ > 0) --left_;
    return left_ == 0 || session_.killed;
  }

 private:
  int& left_;
  const Session& session_;
};

}  // namespace

std::string Answer::value() const {
  return rows.size() == 1 && rows[0].size() == 1 ? rows[0][0] : "";
}

const std::string& Answer::at(std::size_t row, const std::string& column) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (SameName(columns[i].name, column)) return rows.at(row).at(i);
  }
  throw std::out_of_range(column);
}

Answer InProcessSession::Run(const std::string& sql) {
  Collector collector;
  Countdown countdown(looks_left_, *session_);
  Executor executor(engine_, *session_, collector, countdown);
  executor.Batch(sql);
  return std::move(collector.answer);
}

InProcessServer::InProcessServer(std::string folder, InstanceSettings settings)
    : folder_(std::move(folder)), settings_(std::move(settings)) {
  Open();
}

void InProcessServer::Open() {
  SqlResult<std::unique_ptr<Instance>> instance = Instance::Open(folder_, settings_);
  if (!instance) throw std::runtime_error(instance.error().text);
  engine_ = std::make_unique<Engine>(std::move(*instance));
}

void InProcessServer::Restart() {
  engine_.reset();
  Open();
}

std::unique_ptr<InProcessSession> InProcessServer::Connect(const std::string& user,
                                                           const std::string& password) {
  SqlResult<std::unique_ptr<Session>> session = engine_->Login(
      {user, password.empty() ? settings_.sa_password : password, "", "host", "test"});
  if (!session) throw std::runtime_error(session.error().text);
  return std::make_unique<InProcessSession>(*engine_, std::move(*session));
}

}  // namespace dbstow::doubles::sqlserver
