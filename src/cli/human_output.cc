#include <mutex>

#include "cli/error_text.h"
#include "cli/human_text.h"
#include "cli/output.h"

namespace dbstow::cli {
namespace {

constexpr int kBarWidth = 24;
constexpr std::string_view kClearLine = "\r\033[K";

std::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
    case LogLevel::kInfo: break;
  }
  return "info";
}

std::string BarText(double share) {
  const int full = static_cast<int>(share * kBarWidth);
  std::string bar = "[";
  for (int i = 0; i < kBarWidth; ++i) bar += i < full ? '#' : '.';
  return bar + "] " + std::to_string(static_cast<int>(share * 100)) + "%";
}

std::string ProgressText(const ProgressState& state, Audience audience) {
  const Progress& progress = state.progress;
  std::string text = progress.phase;
  if (progress.bytes_total && *progress.bytes_total > 0) {
    // Totals are estimates: more than all of it would only puzzle.
    const double share = std::min(
        1.0, static_cast<double>(progress.bytes_done) / static_cast<double>(*progress.bytes_total));
    text += audience == Audience::kTerminal
                ? "  " + BarText(share)
                : "  " + std::to_string(static_cast<int>(share * 100)) + "%";
  }
  if (progress.bytes_done > 0) text += "  " + BytesText(progress.bytes_done);
  if (state.bytes_per_second >= 1) {
    text += "  " + BytesText(static_cast<std::uint64_t>(state.bytes_per_second)) + "/s";
  }
  if (state.remaining) text += "  " + DurationText(*state.remaining) + " left";
  if (!progress.bottleneck.empty()) text += "  waiting for " + progress.bottleneck;
  if (!progress.detail.empty()) text += "  " + progress.detail;
  return Printable(text);
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() < 19 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Sizes as people read them; scripts that want numbers ask for JSON.
std::string ShownValue(std::string_view key, const std::string& value) {
  return key.starts_with("bytes_") && IsNumber(value) ? BytesText(std::stoull(value)) : value;
}

/// What an operation cost, for the end of its last line.
std::string CostText(const StringMap& details) {
  if (details.contains("replayed")) return "";
  std::string text;
  for (const char* verb : {"read", "stored", "reused", "written", "copied", "checked"}) {
    const std::string key = std::string("bytes_") + verb;
    const auto found = details.find(key);
    if (found == details.end() || !IsNumber(found->second) || found->second == "0") continue;
    text += (text.empty() ? "" : ", ") + ShownValue(key, found->second) + " " + verb;
  }
  const auto time = details.find("duration_ms");
  if (!text.empty() && time != details.end() && IsNumber(time->second)) {
    text += " in " + DurationText(std::chrono::milliseconds(std::stoll(time->second)));
  }
  return text.empty() ? "" : " (" + text + ")";
}

class HumanOutput final : public Output {
 public:
  HumanOutput(std::ostream& data, std::ostream& human, Audience audience)
      : data_(data), human_(human), audience_(audience) {}

  void Plan(const Fields& plan) override {
    const std::scoped_lock lock(mutex_);
    ClearProgress();
    human_ << "plan (nothing is changed):\n";
    for (const auto& [key, value] : plan) human_ << "  " << key << ": " << Printable(value) << "\n";
  }

  void List(std::string_view, const std::vector<Fields>& rows) override {
    if (rows.empty()) return;
    std::vector<std::string> heading;
    for (const auto& [key, unused] : rows.front()) heading.push_back(UpperCase(key));
    Table table(std::move(heading));
    for (const Fields& row : rows) {
      std::vector<std::string> cells;
      for (const auto& [key, value] : row) cells.push_back(ShownValue(key, value));
      table.Add(std::move(cells));
    }
    Text(table.ToString());
  }

  void Describe(std::string_view, const Fields& fields) override {
    std::size_t width = 0;
    for (const auto& [key, unused] : fields) width = std::max(width, key.size());
    std::string text;
    for (const auto& [key, value] : fields) {
      text +=
          key + std::string(width - key.size() + 2, ' ') + Printable(ShownValue(key, value)) + "\n";
    }
    Text(text);
  }

  void Datum(std::string_view word) override { Text(std::string(word) + "\n"); }

  void Text(std::string_view text) override {
    const std::scoped_lock lock(mutex_);
    ClearProgress();
    data_ << text;
  }

  void Note(std::string_view text) override {
    const std::scoped_lock lock(mutex_);
    ClearProgress();
    human_ << Printable(text) << "\n";
  }

  void ShowProgress(const ProgressState& state) override {
    const std::scoped_lock lock(mutex_);
    ClearProgress();
    human_ << ProgressText(state, audience_);
    if (audience_ == Audience::kLog) human_ << "\n";
    human_.flush();
    progress_shown_ = audience_ == Audience::kTerminal;
  }

  void ShowLog(LogLevel level, std::string_view message, const Fields& fields) override {
    const std::scoped_lock lock(mutex_);
    ClearProgress();
    human_ << NameOf(level) << ": " << Printable(message);
    for (const auto& [key, value] : fields) human_ << " " << key << "=" << Printable(value);
    human_ << "\n";
  }

  int Finish(const OperationResult& result) override {
    const std::scoped_lock lock(mutex_);
    ClearProgress();
    for (const std::string& warning : result.warnings) {
      human_ << "warning: " << Printable(warning) << "\n";
    }
    if (const std::string replay = ReplayText(result.details); !replay.empty()) {
      human_ << replay << "; what came of it then:\n";
    }
    if (!result.message.empty() && !result.error) {
      human_ << Printable(result.message) << CostText(result.details) << "\n";
    }
    if (result.error) human_ << ErrorText(*result.error);
    const auto trace = result.details.find("correlation_id");
    if (result.error && trace != result.details.end()) {
      human_ << "  correlation id: " << trace->second << "\n";
    }
    human_.flush();
    data_.flush();
    if (data_) return result.exit_status();
    human_ << "error: standard output could not be written\n" << std::flush;
    return result.success ? 1 : result.exit_status();
  }

 private:
  static std::string UpperCase(std::string text) {
    if (text.starts_with("bytes_")) text.erase(0, 6);
    for (char& c : text) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
  }
  void ClearProgress() {
    if (progress_shown_) human_ << kClearLine;
    progress_shown_ = false;
  }

  std::ostream& data_;
  std::ostream& human_;
  const Audience audience_;
  std::mutex mutex_;
  bool progress_shown_ = false;
};

}  // namespace

std::unique_ptr<Output> CreateHumanOutput(std::ostream& data, std::ostream& human,
                                          Audience audience) {
  return std::make_unique<HumanOutput>(data, human, audience);
}

}  // namespace dbstow::cli
