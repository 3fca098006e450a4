#pragma once

#include <map>
#include <vector>

#include "repository/byte_codec.h"
#include "repository/frame.h"

namespace dbstow::repository {

/// Packs are named once in front and by number afterwards.
class PackTable {
 public:
  std::uint64_t NumberOf(const PackId& id);
  void WriteRef(ByteWriter& out, const FrameRef& ref);
  /// The table itself, to be put before what refers to it.
  void Write(ByteWriter& out) const;

  static PackTable Read(ByteReader& in);
  PackId ReadPack(ByteReader& in) const;
  FrameRef ReadRef(ByteReader& in) const;

 private:
  std::vector<PackId> ids_;
  std::map<PackId, std::uint64_t> numbers_;
};

}  // namespace dbstow::repository
