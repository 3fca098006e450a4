#pragma once

#include <algorithm>

#include "doubles/snowflake/model/object.h"

namespace dbstow::doubles::snowflake {

/// The server's idea of now: the system's clock moved by an offset, or standing still. Never goes
/// back behind a moment it has told. Not thread-safe.
class VirtualClock {
 public:
  [[nodiscard]] Nanos Now();
  /// From here on the clock goes on from `time`.
  void Set(Nanos time);
  void Advance(Nanos duration);
  /// Stands still until the next Set or Advance; these keep it standing.
  void Freeze();
  void Run();
  /// Moves the clock to where it was before a restart, without telling a moment.
  void Restore(Nanos offset) { offset_ = offset; }
  void NotBefore(Nanos time) { latest_ = std::max(latest_, time); }

  [[nodiscard]] Nanos offset() const { return offset_; }
  [[nodiscard]] static Nanos System();

 private:
  Nanos offset_ = 0;
  bool frozen_ = false;
  Nanos standing_ = 0;
  Nanos latest_ = 0;
};

}  // namespace dbstow::doubles::snowflake
