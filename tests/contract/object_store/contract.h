#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "storage/object_store.h"

namespace dbstow::test {

/// A kind of object store under test: `create` makes a new, empty one.
struct StoreKind {
  std::string name;
  std::function<std::shared_ptr<storage::ObjectStore>()> create;
  /// Leaves what a Put of this key leaves when it was killed long ago, half done; none where a Put
  /// cannot leave anything.
  std::function<void(storage::ObjectStore&, const std::string& key, std::uint64_t bytes)>
      leave_unfinished;
};

/// What every object store must do. A new driver adds one INSTANTIATE_TEST_SUITE_P.
class ObjectStoreContract : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override { store_ = GetParam().create(); }
  std::shared_ptr<storage::ObjectStore> store_;
};

inline std::string StoreKindName(const ::testing::TestParamInfo<StoreKind>& info) {
  return info.param.name;
}

}  // namespace dbstow::test
