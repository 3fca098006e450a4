#include "observability/loggers.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace dbstow::observability {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kLevels = {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning,
                                LogLevel::kError};

// A key that comes twice (several warnings) becomes one list.
void AddField(Json& json, const std::string& key, const std::string& value) {
  const auto found = json.find(key);
  if (found == json.end()) {
    json[key] = value;
  } else if (found->is_array()) {
    found->push_back(value);
  } else {
    *found = Json::array({*found, value});
  }
}

bool Has(const Fields& fields, std::string_view key) {
  return std::ranges::any_of(fields, [key](const auto& field) { return field.first == key; });
}

class JsonLogger final : public Logger {
 public:
  JsonLogger(LineWriter& writer, Clock& clock, LogOptions options)
      : writer_(writer), clock_(clock), options_(std::move(options)) {}

  void Log(LogLevel level, std::string_view message, const Fields& fields) override {
    if (level < options_.level) return;
    Json json = {
        {"time", FormatTime(clock_.Now())}, {"level", ToString(level)}, {"message", message}};
    for (const auto& [key, value] : options_.common) json[key] = value;
    for (const auto& [key, value] : fields) {
      if (Has(options_.common, key) && json[key] == value) continue;
      // Our own members cannot be taken over: a line must always be found by its id and time.
      AddField(json, IsReserved(key) ? key + "_" : key, value);
    }
    writer_.Write(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  }

 private:
  [[nodiscard]] bool IsReserved(const std::string& key) const {
    return key == "time" || key == "level" || key == "message" || Has(options_.common, key);
  }

  LineWriter& writer_;
  Clock& clock_;
  LogOptions options_;
};

// One event stays one line, whatever a server put into its message.
std::string OneLine(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

class TextLogger final : public Logger {
 public:
  TextLogger(LineWriter& writer, Clock& clock, LogOptions options)
      : writer_(writer), clock_(clock), options_(std::move(options)) {}

  void Log(LogLevel level, std::string_view message, const Fields& fields) override {
    if (level < options_.level) return;
    std::string line = FormatTime(clock_.Now()).substr(11, 8);
    line += " " + std::string(ToString(level)) + ": " + OneLine(message);
    std::string list;
    for (const auto& [key, value] : fields) {
      if (Has(options_.common, key)) continue;
      list += (list.empty() ? "" : ", ") + key + "=" + OneLine(value);
    }
    if (!list.empty()) line += " (" + list + ")";
    writer_.Write(line + "\n");
  }

 private:
  LineWriter& writer_;
  Clock& clock_;
  LogOptions options_;
};

}  // namespace

std::string_view ToString(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
  }
  return "info";
}

Result<LogLevel> LogLevelFromString(std::string_view text) {
  std::vector<std::string> known;
  for (const LogLevel level : kLevels) {
    if (ToString(level) == text) return level;
    known.emplace_back(ToString(level));
  }
  return UnknownWord("log level", text, known);
}

std::unique_ptr<Logger> CreateJsonLogger(LineWriter& writer, Clock& clock, LogOptions options) {
  return std::make_unique<JsonLogger>(writer, clock, std::move(options));
}

std::unique_ptr<Logger> CreateTextLogger(LineWriter& writer, Clock& clock, LogOptions options) {
  return std::make_unique<TextLogger>(writer, clock, std::move(options));
}

}  // namespace dbstow::observability
