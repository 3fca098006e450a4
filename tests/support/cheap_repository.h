#pragma once

#include <string>

namespace dbstow::test {

/// Makes a repository in a folder, with a key derivation that costs nothing: where it is not what
/// is under test, every start of the program would pay for it. Fails the test if it cannot.
void CreateCheapRepository(const std::string& folder, const std::string& passphrase);

}  // namespace dbstow::test
