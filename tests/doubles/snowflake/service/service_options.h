#pragma once

#include <atomic>

namespace dbstow::doubles::snowflake {

/// What the control port can change while the server runs. Thread-safe.
struct ServiceOptions {
  /// How long a request waits for its statement before it says "in progress".
  std::atomic<int> poll_milliseconds = 45000;
  /// Rows in the first part of a result, and in each part after it.
  std::atomic<int> rows_in_reply = 2000;
  std::atomic<int> rows_in_chunk = 5000;
};

}  // namespace dbstow::doubles::snowflake
