#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "dbstow/core/result.h"

namespace dbstow::doubles::snowflake {

/// What a test has asked to go wrong, each for a number of times. Thread-safe. Names:
///   throttle            HTTP 429 before anything is done
///   unavailable         HTTP 503 before anything is done
///   unavailable_after   HTTP 503 after the request was carried out
///   drop_before         the connection ends before anything is done
///   drop_after          the connection ends after the request was carried out
///   expire_token        the session token is expired when the next request comes
///   slow_statement      a statement takes `milliseconds` longer
///   truncate_chunk      the connection ends in the middle of a result chunk
///   forbid_chunk        HTTP 403 for a result chunk
class Faults {
 public:
  /// Errors: InvalidOptions for a name that is not one.
  [[nodiscard]] Result<void> Inject(const std::string& name, int times, int milliseconds);
  /// Whether it is to happen now; counts it down.
  [[nodiscard]] bool Take(const std::string& name);
  /// How long the next statement is to take.
  [[nodiscard]] std::chrono::milliseconds TakeSlowness();
  void Clear();

 private:
  struct Fault {
    int times = 0;
    int milliseconds = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Fault> faults_;
};

}  // namespace dbstow::doubles::snowflake
