#include <mutex>

#include "cli/json_text.h"
#include "cli/output.h"

namespace dbstow::cli {
namespace {

class JsonOutput final : public Output {
 public:
  explicit JsonOutput(std::ostream& data) : data_(data) {}

  void Plan(const Fields& plan) override { Line(JsonLine("plan", plan)); }
  void List(std::string_view kind, const std::vector<Fields>& rows) override {
    for (const Fields& row : rows) Describe(kind, row);
  }
  void Describe(std::string_view kind, const Fields& fields) override {
    Fields event = {{"event", std::string(kind)}};
    event.insert(event.end(), fields.begin(), fields.end());
    Line(JsonLine("event", event));
  }
  void Datum(std::string_view) override {}  // it is among the details of the result
  void Text(std::string_view text) override { Describe("text", {{"text", std::string(text)}}); }
  void Note(std::string_view) override {}
  void ShowProgress(const ProgressState& state) override { Line(JsonLine(state)); }
  void ShowLog(LogLevel level, std::string_view message, const Fields& fields) override {
    static constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
    Fields event = {{"level", std::string(kNames[static_cast<std::size_t>(level)])},
                    {"message", std::string(message)}};
    event.insert(event.end(), fields.begin(), fields.end());
    Describe("log", event);
  }
  int Finish(const OperationResult& result) override {
    Line(JsonLine(result));
    if (data_) return result.exit_status();
    return result.success ? 1 : result.exit_status();
  }

 private:
  // Flushed, because whoever reads it acts on it line by line.
  void Line(const std::string& json) {
    const std::scoped_lock lock(mutex_);
    data_ << json << "\n" << std::flush;
  }

  std::ostream& data_;
  std::mutex mutex_;
};

}  // namespace

std::unique_ptr<Output> CreateJsonOutput(std::ostream& data) {
  return std::make_unique<JsonOutput>(data);
}

}  // namespace dbstow::cli
