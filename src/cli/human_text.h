#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/options.h"

namespace dbstow::cli {

[[nodiscard]] std::string BytesText(std::uint64_t bytes);                    ///< "12.3 MiB"
[[nodiscard]] std::string DurationText(std::chrono::milliseconds duration);  ///< "1h 02m", "3.2 s"
/// Without control characters, which a name from outside could steer a terminal with.
[[nodiscard]] std::string Printable(std::string_view text);

/// That a result is the one of an earlier run; empty when it is not.
[[nodiscard]] std::string ReplayText(const StringMap& details);

/// Columns aligned by spaces, the first row being the heading; ends with a line feed.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) { rows_.push_back(std::move(heading)); }
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.size() == 1; }
  [[nodiscard]] std::string ToString() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace dbstow::cli
